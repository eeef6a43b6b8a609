// What a primary tells of its commits: in batches, in order, and to nobody where nobody listens.
import t from 'tap'
import { keyHash } from '../../src/core/key-hash.ts'
import { INVALIDATION_ITEMS_MAX, INVALIDATION_WAIT_MS } from '../../src/core/limits.ts'
import type { NodeResponse } from '../../src/core/messages.ts'
import type { View } from '../../src/core/types.ts'
import { Lab, primaryLab } from './lab.ts'
import { A, ballot, ballotText, C, entry, state, version, view } from './words.ts'

const V2 = view('2A', 'A+', { roster: 'AC' })

function commit(lab: Lab, seq: number, key = 'k'): void {
  const stream = lab.parts.standing.view?.start.stream ?? ballot('0')
  lab.parts.announcer.committed({ stream, seq }, entry(key, version(seq)))
}

/** What went out: `2A 1-3`. */
function told(lab: Lab): string {
  return lab
    .new('send')
    .flatMap(({ to, datagram: it }) =>
      it.kind === 'invalidation'
        ? [`${to} ${ballotText(it.stream)} ${it.firstSeq}-${it.firstSeq + it.items.length - 1}`]
        : [],
    )
    .join(', ')
}

t.test('commits are gathered for a moment, or until a packet is full', async (t) => {
  const lab = primaryLab(V2)
  for (let seq = 1; seq <= 3; seq++) commit(lab, seq)
  const effects = lab.take()
  const waits = effects.flatMap((effect) => (effect.kind === 'wake' ? [effect] : []))
  t.same(
    effects.map(({ kind }) => kind),
    ['wake'],
  )
  t.equal(waits[0]?.afterMs, INVALIDATION_WAIT_MS)
  lab.out.woken(waits[0]?.ticket ?? 0, INVALIDATION_WAIT_MS)
  t.equal(told(lab), 'everyone 2A 1-3')
  for (let i = 0; i < INVALIDATION_ITEMS_MAX; i++) commit(lab, 4 + i)
  t.equal(told(lab), `everyone 2A 4-${3 + INVALIDATION_ITEMS_MAX}`)
})

t.test('an item is the hash of the key and the version', async (t) => {
  const lab = primaryLab(V2)
  commit(lab, 1, 'a key')
  lab.parts.announcer.flush()
  const sent = lab.new('send').map(({ datagram }) => datagram)
  t.strictSame(sent, [
    {
      kind: 'invalidation',
      stream: ballot('2A'),
      firstSeq: 1,
      items: [{ keyHash: keyHash('a key'), version: version(1) }],
    },
  ])
  lab.parts.announcer.flush()
  t.equal(told(lab), '', 'nothing is told twice')
})

t.test('a heartbeat names no commit that nobody was told of', async (t) => {
  const lab = primaryLab(V2)
  commit(lab, 1)
  lab.take()
  lab.parts.beats.hurry()
  lab.parts.beats.sendIfDue(1)
  const kinds = lab.new('send').map(({ datagram }) => datagram.kind)
  t.same(kinds.slice(0, 2), ['invalidation', 'beat'])
})

t.test('where every node is a master nobody is told', async (t) => {
  const lab = primaryLab(view('2A', 'A+ B+', { roster: 'AB' }))
  commit(lab, 1)
  lab.parts.announcer.flush()
  t.equal(told(lab), '')
  const [run] = lab.parts.commits.since({ stream: ballot('2A'), seq: 0 }) ?? []
  t.equal(run?.items.length, 1, 'but it can be asked for')
})

t.test('what was missed is told by an active primary that still knows it', async (t) => {
  const ask = (lab: Lab, stream: string, seq: number): NodeResponse | undefined => {
    lab.parts.announcer.missed({ stream: ballot(stream), seq }, 1)
    return lab.new('respond').at(-1)?.response
  }
  const committing = (v: View): Lab => {
    const lab = primaryLab(v)
    commit(lab, 1)
    return lab
  }
  const item = { keyHash: keyHash('k'), version: version(1) }
  t.strictSame(ask(committing(V2), '2A', 0), {
    kind: 'missed',
    runs: [{ stream: ballot('2A'), firstSeq: 1, items: [item] }],
  })
  t.strictSame(ask(committing(V2), '1A', 0), { kind: 'forgotten' })
  const other = new Lab({ me: C, state: state(V2) })
  t.equal(ask(other, '2A', 0)?.kind, 'unable')
  const frozen = committing(V2)
  frozen.parts.standing.promise(ballot('3C'), () => {})
  t.equal(ask(frozen, '2A', 0)?.kind, 'unable')
  t.equal(frozen.me, A)
})
