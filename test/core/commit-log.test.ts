// What a master can repeat of its stream: runs that follow each other, and where it must admit a gap.
import t from 'tap'
import { CommitLog } from '../../src/core/commit-log.ts'
import { COMMITS_REMEMBERED, MISSED_PAGE_MAX } from '../../src/core/limits.ts'
import type { StreamPosition, ViewStart } from '../../src/core/types.ts'
import { ballot, ballotText, version } from './words.ts'

function position(text: string): StreamPosition {
  const [stream = '', seq = ''] = text.split('@')
  return { stream: ballot(stream), seq: Number(seq) }
}

/** Tells the number of its commit. */
function hashOf(seq: number): string {
  return String(seq).padStart(16, '0')
}

/** `2A@5`: the stream of view 2A after its number 5; `< 1B@7`: and what its start continues. */
function start(text: string): ViewStart {
  const [at = '', continues] = text.split(' < ')
  return {
    clock: version(0),
    ...position(at),
    continues: continues === undefined ? undefined : position(continues),
  }
}

function filled(...steps: readonly (readonly [string, number])[]): CommitLog {
  const log = new CommitLog()
  for (const [begin, commits] of steps) {
    log.enter(start(begin))
    const { seq } = start(begin)
    for (let i = 1; i <= commits; i++) {
      log.append(seq + i, { keyHash: hashOf(seq + i), version: version(seq + i) })
    }
  }
  return log
}

/** `2A:3-5`: the commits 3 to 5 of a run. */
function since(log: CommitLog, after: string): string {
  const runs = log.since(position(after))
  if (runs === undefined) return 'forgotten'
  return runs
    .map(({ stream, firstSeq, items }) => {
      const seqs = items.map((item) => Number(item.keyHash))
      if (seqs.some((seq, i) => seq !== firstSeq + i)) return 'numbered wrongly'
      return `${ballotText(stream)}:${firstSeq}-${firstSeq + items.length - 1}`
    })
    .join(' ')
}

t.test('what came after a position, over the streams that continue each other', async (t) => {
  const log = filled(['1A@0', 5], ['2B@0 < 1A@5', 3], ['4A@0 < 2B@3', 1])
  const cases: readonly (readonly [string, string])[] = [
    ['1A@0', '1A:1-5 2B:1-3 4A:1-1'],
    ['1A@4', '1A:5-5 2B:1-3 4A:1-1'],
    ['1A@5', '1A:6-5 2B:1-3 4A:1-1'],
    ['2B@0', '2B:1-3 4A:1-1'],
    ['4A@1', '4A:2-1'],
    ['4A@2', 'forgotten'],
    ['1A@6', 'forgotten'],
    ['3B@0', 'forgotten'],
  ]
  for (const [after, expected] of cases) t.equal(since(log, after), expected, after)
  t.equal(log.size, 9)
})

t.test('a new view of the same stream takes back what was not committed', async (t) => {
  const log = filled(['1A@0', 5], ['1A@3', 1])
  t.equal(since(log, '1A@0'), '1A:1-4')
})

t.test('a new stream takes back what its primary never had', async (t) => {
  const log = filled(['1A@0', 5], ['2B@0 < 1A@4', 1])
  t.equal(since(log, '1A@0'), '1A:1-4 2B:1-1')
  t.equal(since(log, '1A@5'), 'forgotten')
})

t.test('what cannot be joined is forgotten', async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ['a stream that continues nothing known', '2B@0'],
    ['a stream that continues another one', '2B@0 < 1C@5'],
    ['a stream that continues commits that are missing here', '2B@0 < 1A@6'],
    ['a stream that began before this node came', '2B@2 < 1A@5'],
  ]
  for (const [title, begin] of cases) {
    const log = filled(['1A@0', 5], [begin, 1])
    t.equal(since(log, '1A@5'), 'forgotten', title)
    const first = start(begin).seq
    t.equal(since(log, `2B@${first}`), `2B:${first + 1}-${first + 1}`, title)
  }
})

t.test('after a gap only what follows it is known', async (t) => {
  const log = filled(['1A@0', 2])
  log.append(5, { keyHash: hashOf(5), version: version(5) })
  t.equal(since(log, '1A@2'), 'forgotten')
  t.equal(since(log, '1A@4'), '1A:5-5')
})

t.test('an answer is bounded, and so is the memory', async (t) => {
  const log = filled(['1A@0', COMMITS_REMEMBERED - 1], ['2B@0 < 1A@99999', 2])
  t.equal(since(log, '1A@50'), 'forgotten')
  const kept = COMMITS_REMEMBERED * 0.9
  t.equal(log.size, kept + 1)
  const oldest = COMMITS_REMEMBERED / 10
  t.equal(since(log, `1A@${oldest}`), `1A:${oldest + 1}-${oldest + MISSED_PAGE_MAX}`)
  t.equal(since(log, '1A@99998'), '1A:99999-99999 2B:1-2')
  log.clear()
  t.equal(log.size, 0)
})
