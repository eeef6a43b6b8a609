// What systemd is told: its words, one message at a time, and nothing where it does not listen.
import t from 'tap'
import { serviceManager } from '../../src/system/service-manager.ts'

/** The messages that were begun; the test ends them. */
function bench(env: Readonly<Record<string, string>>) {
  const said: string[][] = []
  const failures: string[] = []
  const ends: ((error: Error | undefined) => void)[] = []
  const manager = serviceManager(
    env,
    (error) => void failures.push(error.message),
    (facts, ended) => {
      said.push([...facts])
      ends.push(ended)
    },
  )
  const end = (error?: Error) => ends.shift()?.(error)
  return { manager, said, failures, end }
}

const LISTENING = { NOTIFY_SOCKET: '/run/systemd/notify' }

t.test('without systemd nobody listens, and nothing is said', async (t) => {
  const { manager, said } = bench({ WATCHDOG_USEC: '20000000' })
  manager.tell({ READY: '1' })
  t.same([manager.isListening, manager.watchdogMs, said], [false, undefined, []])
})

t.test('the watchdog is told in microseconds, and may be off', async (t) => {
  const watchdog = (usec: string) => bench({ ...LISTENING, WATCHDOG_USEC: usec }).manager.watchdogMs
  t.equal(watchdog('20000000'), 20_000)
  t.equal(watchdog('0'), undefined)
  t.equal(watchdog('soon'), undefined)
  t.equal(bench(LISTENING).manager.watchdogMs, undefined)
})

t.test('all facts of one message go out together, each on one line', async (t) => {
  const { manager, said } = bench(LISTENING)
  manager.tell({ READY: '1', STATUS: 'primary;\n 3 nodes' })
  t.same(said, [['READY=1', 'STATUS=primary; 3 nodes']])
})

t.test(
  'what comes while a message is under way waits for its end, the latest word of each',
  async (t) => {
    const { manager, said, end } = bench(LISTENING)
    manager.tell({ STATUS: 'a' })
    manager.tell({ STATUS: 'b', WATCHDOG: '1' })
    manager.tell({ STATUS: 'c' })
    t.equal(said.length, 1)
    end()
    t.same(said[1], ['STATUS=c', 'WATCHDOG=1'])
    end()
    t.equal(said.length, 2)
  },
)

t.test('a message that is lost is reported, and the next one is said', async (t) => {
  const { manager, said, failures, end } = bench(LISTENING)
  manager.tell({ WATCHDOG: '1' })
  manager.tell({ STOPPING: '1' })
  end(new Error('no such program'))
  t.same(failures, ['no such program'])
  t.same(said[1], ['STOPPING=1'])
})
