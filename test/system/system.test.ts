// Clocks, chance, timers, interfaces and files: what the rest of the program relies on.
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { random, randomHex } from '../../src/system/chance.ts'
import { realClock } from '../../src/system/clock.ts'
import { readSecretFile, readTextFile } from '../../src/system/files.ts'
import { defaultRoutes, ipv4Interfaces, prefixBits } from '../../src/system/interfaces.ts'

t.test('the monotonic clock does not step back', async (t) => {
  const readings = Array.from({ length: 1000 }, () => realClock.monotonicMs())
  t.strictSame(
    readings,
    readings.toSorted((a, b) => a - b),
  )
})

t.test('chance', async (t) => {
  t.match(randomHex(8), /^[0-9a-f]{16}$/)
  const ids = Array.from({ length: 1000 }, () => randomHex(16))
  t.equal(new Set(ids).size, ids.length)
  t.ok(ids.every((id) => /^[0-9a-f]{32}$/.test(id)))
  t.match(randomHex(5000), /^[0-9a-f]{10000}$/)
  const drawn = Array.from({ length: 1000 }, () => random())
  t.ok(drawn.every((each) => each >= 0 && each < 1))
})

const NETMASKS: readonly (readonly [string, number])[] = [
  ['255.255.255.0', 24],
  ['255.0.0.0', 8],
  ['255.255.252.0', 22],
  ['255.255.255.255', 32],
  ['0.0.0.0', 0],
]

t.test('interfaces', async (t) => {
  for (const [netmask, bits] of NETMASKS) t.equal(prefixBits(netmask), bits, netmask)
  const loopback = ipv4Interfaces().find((each) => each.address === '127.0.0.1')
  t.strictSame(loopback, {
    name: 'lo',
    address: '127.0.0.1',
    prefixBits: 8,
    isInternal: true,
    hasDefaultRoute: false,
  })
  const table = [
    'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
    'eth1\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0',
    'tun0\t00000000\t00000000\t0001\t0\t0\t0\t00000080\t0\t0\t0',
    'eth0\t0002010A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
    '',
  ]
  t.same([...defaultRoutes(table.join('\n'))], ['eth1'], 'a half of the internet is no default')
})

t.test('files', async (t) => {
  const folder = t.testdir({ 'a.toml': 'port = 1\n' })
  t.strictSame(readTextFile(`${folder}/a.toml`), { kind: 'text', text: 'port = 1\n' })
  t.strictSame(readTextFile(`${folder}/b.toml`), { kind: 'absent' })
  t.equal(readTextFile(folder).kind, 'unreadable')
})

t.test('last words: one line on stderr, and the code', async (t) => {
  const ran = runWithSystem(`fatal('two\\n  lines', 3)`)
  t.strictSame(ran, { stdout: '', stderr: 'diststored: two lines\n', status: 3 })
})

t.test('last words are an error to journald, where it is what reads them', async (t) => {
  // The process itself says that its stderr is the journal, or that something else is.
  const naming = (where: string) => `
    import { fstatSync } from 'node:fs'
    const { dev, ino } = fstatSync(2)
    process.env['JOURNAL_STREAM'] = ${where}
    fatal('over', 1)`
  t.equal(runWithSystem(naming('`${dev}:${ino}`')).stderr, '<3>diststored: over\n')
  t.equal(runWithSystem(naming('`${dev}:${ino + 1}`')).stderr, 'diststored: over\n')
})

/** What the process does after its signal handler was installed, and how it ends. */
const SIGNALS: readonly (readonly [string, string, number])[] = [
  [`kill('SIGTERM'); kill('SIGTERM')`, 'SIGTERM\n', 0],
  [`kill('SIGINT'); kill('SIGTERM')`, 'SIGINT\n', 0],
  [`kill('SIGTERM'); kill('SIGINT')`, 'SIGTERM\n', 130],
  [`kill('SIGINT'); kill('SIGINT')`, 'SIGINT\n', 130],
]

t.test('the first signal stops, a second SIGINT ends at once', async (t) => {
  for (const [kills, stdout, status] of SIGNALS) {
    const ran = runWithSystem(`
      const kill = (signal) => process.emit(signal, signal)
      onShutdown((signal) => console.log(signal))
      ${kills}
      process.exit(0)`)
    t.strictSame(ran, { stdout, stderr: '', status }, kills)
  }
})

t.test('lines of the log are on stdout before the process has ended', async (t) => {
  const ran = runWithSystem(`
    const log = openLog('info', {})
    for (let i = 0; i < 1000; i++) log.info('line', { i })
    fatal('over', 1)`)
  t.equal(ran.stdout.split('\n').length, 1001)
  t.equal(ran.status, 1)
})

function runWithSystem(body: string): { stdout: string; stderr: string; status: number | null } {
  const folder = fileURLToPath(new URL('../../src/system/', import.meta.url))
  const script = `import { fatal, onShutdown } from '${folder}process.ts'
    import { openLog } from '${folder}log.ts'
    ${body}`
  const flags = ['--import', 'tsx', '--input-type=module', '--eval', script]
  const { stdout, stderr, status } = spawnSync(process.execPath, flags, { encoding: 'utf8' })
  return { stdout, stderr, status }
}

t.test('a secret file comes with its permissions, and only when it is short', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'diststore-test-'))
  t.teardown(() => rmSync(directory, { recursive: true }))
  const path = join(directory, 'secret')
  writeFileSync(path, 'text')
  for (const mode of [0o600, 0o644, 0o400]) {
    chmodSync(path, mode)
    t.strictSame(readSecretFile(path), { kind: 'text', text: 'text', mode })
  }
  chmodSync(path, 0o600)
  writeFileSync(path, Buffer.alloc(64 * 1024 + 1))
  t.match(readSecretFile(path), { kind: 'unreadable', reason: 'it has more than 65536 bytes' })
  t.strictSame(readSecretFile(join(directory, 'none')), { kind: 'absent' })
  t.match(readSecretFile(directory), { kind: 'unreadable', reason: /EISDIR/ })
})
