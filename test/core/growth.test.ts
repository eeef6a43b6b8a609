// A view that should grow: how soon it is tried, and how soon again.
import t from 'tap'
import { primaryLab } from './lab.ts'
import { B, view } from './words.ts'

t.test('a vacancy long after the last one is not taken for the same one', async (t) => {
  const lab = primaryLab(view('2A', 'A+', { roster: 'ABC' }))
  const proposed = (nowMs: number): number => {
    lab.take()
    lab.parts.triggers.consider(nowMs)
    return lab.new('log').filter((log) => log.event === 'view-proposed').length
  }
  const act = (epoch: number, masters: string, nowMs: number): void => {
    const { proposer, standing } = lab.parts
    proposer.abort('ended', nowMs)
    const next = view(`${epoch}A`, masters, { history: `${standing.view?.ballot.epoch}A` })
    standing.accept(next, nowMs, () => {})
    standing.activate(nowMs)
  }
  lab.meet(B, 0)
  let nowMs = 0
  for (let hour = 1; hour <= 6; hour++) {
    nowMs = hour * 3_600_000
    t.equal(proposed(nowMs), 1, `in hour ${hour}`)
    if (hour === 6) break
    act(100 * hour, 'A+ B-', nowMs + 10)
    t.equal(proposed(nowMs + 1000), 0)
    act(100 * hour + 50, 'A+', nowMs + 2000)
  }
  lab.parts.proposer.abort('nobody promised', nowMs + 600)
  act(900, 'A+', nowMs + 600)
  t.equal(proposed(nowMs + 1000), 1, 'the next attempt is due a second after the first')
})
