// Bugs found by reading, one test each: what went wrong once must not come back.
import t from 'tap'
import { chooseView } from '../../src/core/choose.ts'
import { DEADLINE_MS } from '../../src/core/limits.ts'
import type { NodePromise, NodeRequest } from '../../src/core/messages.ts'
import { ALL_RULES } from '../../src/core/rules.ts'
import { toTravel } from '../../src/core/travel.ts'
import type { Entry, NodeId, View } from '../../src/core/types.ts'
import { Digest } from '../../src/storage/fingerprint.ts'
import { Lab, primaryLab } from './lab.ts'
import { PLAIN, A, addressOf, B, ballot, C, command, entry, REFUSED, waitsFor } from './words.ts'
import { fingerprint, requestId, response, state, version, view } from './words.ts'

type Replicate = Extract<NodeRequest, { kind: 'replicate' }>

function batch(v: View, firstSeq: number, entries: readonly Entry[]): Replicate {
  return {
    kind: 'replicate',
    ballot: v.ballot,
    firstSeq,
    committedSeq: 0,
    records: entries.map((e) => ({
      kind: 'entry',
      entry: toTravel(e, 0),
      write: { requestId: requestId('1'), version: e.version, fingerprint: fingerprint('f') },
    })),
  }
}

t.test('a node stamps above everything that it has mirrored', async (t) => {
  const lab = new Lab({ me: B, state: state(view('2A', 'A+ B-')) })
  lab.parts.self.setWall(1000, 0)
  lab.meet(A, 0, { keyCount: 100 })
  lab.parts.mirror.tick(0)
  lab.answer(lab.call(), response(A, { kind: 'remembered', writes: [], last: undefined }), 0)
  const digest = new Digest().bytes().fill(1)
  lab.answer(lab.call(), response(A, { kind: 'digest', digest }), 0)
  const ahead = entry('k', version(10_000_000))
  const items = [{ kind: 'entry', entry: toTravel(ahead, 0) }] as const
  lab.answer(lab.call(), response(A, { kind: 'page', items, end: undefined }), 0)
  lab.settle(0)
  t.equal(lab.store.get('k')?.version, ahead.version)
  t.ok(lab.parts.self.nextVersion(0) > ahead.version, 'the mirror')
})

t.test(
  'a write that is not committed yet stays unserved when its primary makes a new view',
  async (t) => {
    const first = view('2A', 'A+ B+')
    const lab = new Lab({ me: B, state: state(first) })
    lab.parts.follower.replicate(batch(first, 1, [entry('k', version(5))]), 1, 0)
    lab.parts.standing.accept(view('4A', 'A+ B+', { history: '2A', seq: 0 }), 1, () => {})
    t.equal(lab.parts.follower.isUncommitted('k'), true, 'the tail')
  },
)

t.test(
  'a newer view waits for its holder, even if it never became active, when nobody here can know',
  async (t) => {
    // A made it for A and D; only C, no master, accepted it before they were lost.
    const before = view('2A', 'A+ B+')
    const never = view('5A', 'A+ D-', { history: '2A', roster: 'ABCD' })
    const promise = (id: NodeId, accepted: View): readonly [NodeId, NodePromise] => [
      id,
      {
        state: state(accepted),
        incarnation: 1,
        address: addressOf(id),
        keyCount: 0,
        ...PLAIN,
        clock: version(0),
      },
    ]
    const choice = chooseView({
      ballot: ballot('9B'),
      me: B,
      promises: new Map([promise(B, before), promise(C, never)]),
      heardCount: 2,
      candidates: [C],
      isTooSmall: () => false,
      hasSynced: () => false,
      hasDeferred: false,
      mayLeaveNewest: false,
      glimpsed: undefined,
      merged: [],
      isGone: () => false,
      isHandoff: false,
      departed: new Set(),
      wish: undefined,
      startOn: () => view('9B', 'B+').start,
      settings: { mode: 'available', voters: 0, minCopies: 'auto', valueBytesMax: 1 },
      rules: ALL_RULES,
    })
    t.strictSame(choice, {
      kind: 'wait',
      reason: waitsFor(addressOf(A)),
    })
  },
)

t.test('an outcome without success always says why', async (t) => {
  const lab = new Lab({ me: C, state: state(view('2A', 'A+ B+')) })
  lab.meet(A, 0, { isActive: true, ballot: ballot('2A') })
  lab.parts.forwards.write(1, command('k'), 0)
  lab.parts.forwards.tick(DEADLINE_MS)
  const [end] = lab.new('finish')
  const reason = end?.outcome.kind === 'unknown' ? end.outcome.reason : undefined
  t.not(reason, '', 'the reason')
})

t.test('a primary whose other master is gone for good takes no writes', async (t) => {
  const lab = primaryLab(view('2A', 'A+ B+', { roster: 'AB' }), { settings: { minCopies: 2 } })
  lab.parts.members.suspect(B, 10)
  lab.answer(lab.call('ping'), REFUSED, 11)
  lab.parts.triggers.consider(12)
  const said: string[] = []
  lab.parts.writes.submit(command('k'), (outcome) => said.push(outcome.kind), 13)
  lab.settle(14)
  t.strictSame(said, ['refused'], 'the write')
})

t.test('a growing view that did not grow is not repeated every second', async (t) => {
  const lab = primaryLab(view('2A', 'A+ B+', { roster: 'AB' }))
  lab.meet(C, 0)
  let views = 0
  let epoch = 2
  for (let nowMs = 0; nowMs <= 60_000; nowMs += 50) {
    for (const id of [B, C]) lab.hear(id, nowMs)
    lab.parts.proposer.tick(nowMs)
    lab.parts.triggers.consider(nowMs)
    lab.flush(nowMs)
    // B promises and accepts; the disk of C is too slow for the window.
    for (const call of lab.calls()) {
      const { kind } = call.request
      if (call.to !== addressOf(B)) continue
      if (kind === 'accept') lab.answer(call, response(B, { kind: 'accepted' }), nowMs)
      if (kind !== 'prepare') continue
      const { view: accepted } = lab.parts.standing
      const promise = { state: state(accepted), incarnation: 1, address: call.to }
      const answer = { ...promise, keyCount: 0, clock: version(0), ...PLAIN }
      lab.answer(call, response(B, { kind: 'promise', promise: answer }), nowMs)
    }
    lab.flush(nowMs)
    const now = lab.parts.standing.view?.ballot.epoch ?? 0
    if (now > epoch) views++
    epoch = now
  }
  t.ok(views <= 10, `${views} views in a minute`)
})
