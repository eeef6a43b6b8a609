// How closely a master watches the other one: asked after one missing heartbeat, judged no sooner.
import t from 'tap'
import { MET, run, type Step, tellAll, Watch } from './member-watch.ts'

const STORIES: Readonly<Record<string, readonly Step[]>> = {
  'a fellow master that misses a heartbeat and is not there any more is dead at once': [
    ...MET,
    ['tick', 401, 'alive'],
    ['refused', 402, 'dead'],
  ],
  'silence of a fellow master gets the time that any other gets': [
    ...MET,
    ['tick', 401, 'alive'],
    ['late', 651, 'alive'],
    ['tick', 1250, 'alive'],
    ['tick', 1251, 'suspect'],
    ['late', 1501, 'suspect'],
    ['late', 1751, 'dead'],
  ],
  'a fellow master whose connection breaks is not suspected for one missing heartbeat': [
    ...MET,
    ['tick', 401, 'alive'],
    ['broken', 402, 'alive'],
  ],
  'a call to a fellow master broke too: then a late answer counts': [
    ...MET,
    ['tick', 401, 'alive'],
    ['call', 410, 'alive'],
    ['late', 651, 'suspect'],
  ],
}

tellAll(STORIES, { isFellow: true })

t.test('a fellow master is asked once in a silence, and again in the next one', async (t) => {
  const w = new Watch()
  w.isFellow = true
  for (const step of MET) run(w, step)
  const asked = (nowMs: number): number => {
    w.tick(nowMs)
    return w.pings
  }
  t.strictSame([asked(400), asked(401)], [0, 1])
  w.ping('pong', 402)
  t.strictSame([asked(450), asked(900)], [0, 0])
  w.beat(1000)
  t.strictSame([asked(1400), asked(1401)], [0, 1])
})

t.test('who is no fellow master is not asked for one missing heartbeat', async (t) => {
  const w = new Watch()
  for (const step of MET) run(w, step)
  w.tick(900)
  t.equal(w.pings, 0)
})
