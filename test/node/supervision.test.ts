// When the service manager hears what from a running node.
import t from 'tap'
import { READY_EVERY_MS, READY_WAIT_MS, SUMMARY_EVERY_MS } from '../../src/node/limits.ts'
import { supervise } from '../../src/node/supervision.ts'
import type { ServiceFacts } from '../../src/system/service-manager.ts'

function bench(watch: { isListening?: boolean; watchdogMs?: number }) {
  const told: ServiceFacts[] = []
  const node = { ready: false, text: 'looking' }
  const timers = new Set<{ everyMs: number; dueMs: number; work: () => void }>()
  let nowMs = 0
  const stop = supervise(
    { isReady: () => node.ready, summary: () => node.text },
    {
      isListening: watch.isListening ?? true,
      watchdogMs: watch.watchdogMs,
      tell: (facts) => void told.push(facts),
    },
    {
      clock: { monotonicMs: () => nowMs },
      every: (everyMs, work) => {
        const timer = { everyMs, dueMs: nowMs + everyMs, work }
        timers.add(timer)
        return () => void timers.delete(timer)
      },
    },
  )
  const pass = (ms: number) => {
    for (const endMs = nowMs + ms; nowMs < endMs; nowMs++) {
      for (const timer of timers) {
        if (timer.dueMs > nowMs) continue
        timer.dueMs += timer.everyMs
        timer.work()
      }
    }
  }
  /** Nothing is said by a message without facts. */
  const heard = () => told.splice(0).filter((facts) => Object.keys(facts).length > 0)
  return { node, heard, pass, stop, timers }
}

t.test('without a service manager nothing runs', async (t) => {
  const { heard, timers, stop } = bench({ isListening: false })
  stop()
  t.same([heard(), timers.size], [[], 0])
})

t.test('"ready" is said once, as soon as the node is', async (t) => {
  const { node, heard, pass } = bench({})
  pass(3000)
  t.same(heard(), [{ STATUS: 'looking' }])
  node.ready = true
  node.text = 'primary'
  pass(READY_EVERY_MS + 1)
  t.same(heard(), [{ READY: '1' }, { STATUS: 'primary' }])
  pass(3000)
  t.same(heard(), [])
})

t.test('a node that waits for others is called ready after a while', async (t) => {
  const { heard, pass } = bench({ watchdogMs: 300_000 })
  pass(READY_WAIT_MS - READY_EVERY_MS)
  t.notOk(heard().some(({ READY }) => READY === '1'))
  pass(2 * READY_EVERY_MS)
  t.ok(heard().some(({ READY }) => READY === '1'))
})

t.test('a watched node gives three signs of life in the time allowed', async (t) => {
  const { node, heard, pass } = bench({ watchdogMs: 6000 })
  node.ready = true
  pass(1000)
  heard()
  pass(6000)
  t.same(heard(), [{ WATCHDOG: '1' }, { WATCHDOG: '1' }, { WATCHDOG: '1' }])
  node.text = 'master'
  pass(2000)
  t.same(heard(), [{ STATUS: 'master', WATCHDOG: '1' }])
})

t.test('nobody is bothered with the same summary twice', async (t) => {
  const { node, heard, pass } = bench({})
  node.ready = true
  pass(1000)
  heard()
  pass(2 * SUMMARY_EVERY_MS)
  t.same(heard(), [])
  node.text = 'master'
  pass(SUMMARY_EVERY_MS)
  t.same(heard(), [{ STATUS: 'master' }])
})

t.test('a node that stops says so once, and nothing after it', async (t) => {
  const { node, heard, pass, stop } = bench({ watchdogMs: 6000 })
  node.ready = true
  pass(1000)
  heard()
  stop()
  stop()
  pass(60_000)
  t.same(heard(), [{ STOPPING: '1', STATUS: 'leaving the cluster' }])
})
