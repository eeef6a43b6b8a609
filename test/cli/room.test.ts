// So many bytes at once, and one that is larger than that alone.
import t from 'tap'
import { Room } from '../../src/cli/room.ts'

t.test('a taker waits for room', async (t) => {
  const room = new Room(10)
  const done: string[] = []
  await room.take(6)
  await room.take(4)
  const waiting = (async () => {
    await room.take(5)
    done.push('five')
    await room.take(50)
    done.push('fifty')
  })()
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  await turn()
  room.give(4)
  await turn()
  t.same(done, [], 'four are not enough')
  room.give(6)
  await turn()
  t.same(done, ['five'])
  room.give(5)
  await waiting
  t.same(done, ['five', 'fifty'])
})
