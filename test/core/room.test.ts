// A disk too small for all that a master must hold: who notices, who is told, and what the view becomes.
import t from 'tap'
import { ROOM_AGAIN_BYTES, ROOM_AGAIN_MS } from '../../src/core/limits.ts'
import { reportStatus } from '../../src/core/report.ts'
import { NO_ROOM, Room } from '../../src/core/room.ts'
import { toTravel } from '../../src/core/travel.ts'
import type { NodeRequest } from '../../src/core/messages.ts'
import type { View } from '../../src/core/types.ts'
import { Lab, primaryLab } from './lab.ts'
import { A, B, ballot, C, D, entry, nameOf, response, state, version, view } from './words.ts'

const SYNCING = view('2A', 'A+ B-', { roster: 'AB' })
const ENTRY = entry('k', version(200))

t.test('room is lacking until there is more of it, or an hour is over', async (t) => {
  const store = { lastRoomBytes: 1000 }
  const room = new Room(store)
  t.strictSame([room.takes(1000), room.takes(1001), room.isLacking(0)], [true, false, false])
  room.lacks(10)
  store.lastRoomBytes = 999 + ROOM_AGAIN_BYTES
  t.equal(room.isLacking(20), true)
  store.lastRoomBytes = 1000 + ROOM_AGAIN_BYTES
  t.equal(room.isLacking(20), false)
  store.lastRoomBytes = 0
  t.equal(room.isLacking(20), false, 'less again is no news of a mirror')
  room.lacks(30)
  t.equal(room.isLacking(29 + ROOM_AGAIN_MS), true)
  t.equal(room.isLacking(30 + ROOM_AGAIN_MS), false)
})

/** A syncing master whose disk takes so many bytes, and what its mirror then did with one page. */
function mirrored(diskBytes: number): { lab: Lab; stored: boolean; said: string[] } {
  const lab = new Lab({ me: B, state: state(SYNCING), diskBytes })
  lab.parts.self.setWall(0, 0)
  lab.meet(A, 0, { keyCount: 1 })
  lab.parts.mirror.tick(0)
  const theirs = primaryLab(SYNCING, { entries: [ENTRY] }).store.digest()
  const answer = (kind: string, given: Parameters<typeof response>[1]): void =>
    lab.answer(lab.call(kind), response(A, given), 0)
  answer('remembered', { kind: 'remembered', writes: [], last: undefined })
  answer('digest', { kind: 'digest', digest: theirs })
  answer('page', {
    kind: 'page',
    items: [{ kind: 'entry', entry: toTravel(ENTRY, 0) }],
    end: undefined,
  })
  lab.flush(0, 1)
  const said = lab.new('log').map(({ event }) => event)
  return { lab, stored: lab.store.get('k') !== undefined, said }
}

t.test('a mirror stores what fits; before what does not it gives up, and rests', async (t) => {
  const enough = mirrored(1000)
  t.strictSame([enough.stored, enough.said], [true, ['mirror-done']])
  // Its value would fit: what an entry costs beside it counts too.
  const { lab, stored, said } = mirrored(50)
  t.strictSame([stored, said], [false, ['mirror-no-room']])
  lab.parts.mirror.tick(ROOM_AGAIN_MS - 1)
  t.strictSame(lab.calls(), [])
  lab.parts.mirror.tick(ROOM_AGAIN_MS)
  t.equal(lab.calls('remembered').length, 1)
})

t.test('it says so: by heartbeat, and in words', async (t) => {
  const { lab } = mirrored(5)
  const says = (): unknown => {
    lab.parts.beats.hurry()
    lab.parts.beats.sendIfDue(1)
    const [sent] = lab.new('send')
    return sent?.datagram.kind === 'beat' && sent.datagram.isTooSmall
  }
  t.equal(says(), true)
  t.strictSame(reportStatus(lab.parts.report, 1).warnings, [NO_ROOM])
  const other = primaryLab(SYNCING)
  other.hear(B, 0, { isTooSmall: true })
  t.strictSame(reportStatus(other.parts.report, 0).warnings, [
    'the disk of 10.0.0.11:80 is too small for all keys and it cannot become master: give it more room',
  ])
})

/** What comes of one record by the stream. */
function replicated(of: View, diskBytes: number): string {
  const lab = new Lab({ me: B, state: state(of), diskBytes })
  lab.parts.self.setWall(0, 0)
  const request: Extract<NodeRequest, { kind: 'replicate' }> = {
    kind: 'replicate',
    ballot: ballot('2A'),
    firstSeq: 1,
    committedSeq: 0,
    records: [{ kind: 'entry', entry: toTravel(ENTRY, 0), write: undefined }],
  }
  lab.parts.follower.replicate(request, 1, 0)
  lab.settle(0)
  const [said] = lab.new('respond')
  return `${said?.response.kind} ${lab.parts.room.isLacking(0) ? 'lacks' : 'fits'}`
}

t.test('a syncing master refuses what does not fit; one in sync was counted on', async (t) => {
  t.equal(replicated(SYNCING, 1000), 'replicated fits')
  t.equal(replicated(SYNCING, 5), 'unable lacks')
  t.equal(replicated(view('2A', 'A+ B+'), 5), 'replicated fits')
})

t.test('the primary drops a syncing master without room, if others are enough', async (t) => {
  const cases: readonly (readonly [string, View, string])[] = [
    ['one copy is enough for two nodes', SYNCING, 'no-room'],
    ['three need two', view('2A', 'A+ B-', { roster: 'ABD' }), ''],
    ['a third can take its place', view('2A', 'A+ B-', { roster: 'ABC' }), 'no-room'],
    ['in sync after all', view('2A', 'A+ B+', { roster: 'AB' }), ''],
  ]
  for (const [title, of, expected] of cases) {
    const lab = primaryLab(of, { settings: { minCopies: 'auto' } })
    if (title.startsWith('a third')) lab.meet(C, 0)
    lab.hear(B, 0, { isTooSmall: true })
    lab.take()
    lab.parts.triggers.consider(0)
    const proposed = lab.new('log').filter(({ event }) => event === 'view-proposed')
    t.equal(proposed.map(({ fields }) => String(fields['reason'])).join(), expected, title)
  }
})

t.test('it fills no vacancy', async (t) => {
  const lab = primaryLab(view('2A', 'A+', { roster: 'ACD' }))
  lab.meet(C, 0, { isTooSmall: true })
  lab.meet(D, 0)
  t.strictSame(lab.parts.candidates.forVacancy(0, lab.parts.standing.view).map(nameOf), ['D'])
  lab.hear(C, 0, { isTooSmall: false, beat: 2 })
  t.strictSame(lab.parts.candidates.forVacancy(0, lab.parts.standing.view).map(nameOf), ['C', 'D'])
})
