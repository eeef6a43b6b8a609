// Memory for answers is used again only when nobody reads what is in it.
import t from 'tap'
import { AnswerRoom } from '../../src/http/fast-lane/answer-room.ts'
import { ANSWER_ROOM_BYTES } from '../../src/http/limits.ts'

t.test('answers of one turn lie side by side, and those of the next in their place', async (t) => {
  const room = new AnswerRoom()
  const [first, second] = [room.take(3).fill('a'), room.take(2).fill('b')]
  t.equal(Buffer.concat([first, second]).toString(), 'aaabb')
  room.end(true)
  const third = room.take(3).fill('c')
  t.equal(third.buffer, first.buffer)
  t.equal(third.byteOffset, first.byteOffset)
})

t.test('what is still on its way stays as it is', async (t) => {
  const room = new AnswerRoom()
  const first = room.take(3).fill('a')
  room.end(false)
  const second = room.take(3).fill('b')
  t.not(second.buffer, first.buffer)
  t.equal(first.toString(), 'aaa')
})

t.test('what has no room has a buffer of its own', async (t) => {
  const room = new AnswerRoom()
  const first = room.take(ANSWER_ROOM_BYTES)
  const second = room.take(1)
  t.equal(first.length, ANSWER_ROOM_BYTES)
  t.not(second.buffer, first.buffer)
})

t.test('where nothing was taken nothing changes', async (t) => {
  const room = new AnswerRoom()
  const { buffer } = room.take(1)
  room.end(true)
  room.end(false)
  t.equal(room.take(1).buffer, buffer)
})
