// The daemon as its operator meets it: settings, exit codes, signals, ports, and scripts/start.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync, symlinkSync, utimesSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { Client, type WriteAnswer } from './client.ts'
import { BIN, spawnKnown } from './daemon.ts'
import { eventually } from './eventually.ts'
import { freePorts, isTcpTaken } from './ports.ts'
import { scenario } from './scenario.ts'

/** A daemon that neither ends nor listens is a failure. Unit: ms. */
const RUN_WAIT_MS = 30_000

const cases: [title: string, flags: string[], code: number, stdout: RegExp, stderr: RegExp][] = [
  ['good settings', ['--check-config'], 0, /^diststored: the settings are good\n$/, /^$/],
  ['a bad port', ['--port', '0'], 2, /^$/, /^diststored: .*port .*must be .*1 to 65535\n$/],
  ['a bad port, checked', ['--check-config', '--port', 'x'], 2, /^$/, /^diststored: .*port.*\n$/],
  ['an unknown flag', ['--prot', '1'], 2, /^$/, /^diststored: .*--prot.*\n$/],
  ['a node without a port', ['--node', 'nowhere'], 2, /^$/, /^diststored: .*node.*must be .*\n$/],
  [
    'an open secret',
    ['--secret-file', '/etc/passwd'],
    2,
    /^$/,
    /^diststored: .*run chmod 600 \/etc\/passwd\n$/,
  ],
  ['help', ['--help'], 0, /^Usage: diststored /, /^$/],
  ['version', ['--version'], 0, /^diststored \d+\.\d+\.\d+\n$/, /^$/],
]

for (const [title, flags, code, stdout, stderr] of cases) {
  void test(`${title}: exit code ${code}, one line on the right output`, async () => {
    const ended = await runDaemon(flags)
    assert.match(ended.stderr, stderr)
    assert.match(ended.stdout, stdout)
    assert.equal(ended.code, code)
  })
}

void test('a port in use ends the start with exit code 1 and a sentence', async () => {
  const host = '127.1.2.1'
  const { port, groupPort } = await freePorts([host], '239.192.73.81')
  const occupant = createServer()
  occupant.listen(port, host)
  await once(occupant, 'listening')
  const directory = mkdtempSync(join(tmpdir(), 'diststore-e2e-'))
  try {
    const place = ['--host', host, '--port', String(port), '--group-port', String(groupPort)]
    const ended = await runDaemon([...place, '--data-dir', directory])
    assert.equal(ended.code, 1)
    assert.match(ended.stderr, new RegExp(`^diststored: .*${host}:${port}.*uses this port.*\n$`))
  } finally {
    occupant.close()
    rmSync(directory, { recursive: true, force: true })
  }
})

scenario('SIGTERM ends a node in good order, and tells the others', async (cluster, note) => {
  await cluster.start(1, 2, 3)
  const { primary } = await cluster.roles()
  assert.equal((await primary.client.post('kept', 'well')).status, 200)
  const ended = await primary.stop()
  assert.deepEqual([ended.code, ended.signal], [0, null])
  note(`the primary stopped in ${ended.tookMs} ms`)
  const now = await cluster.roles()
  const { node, nodes } = await now.primary.client.cluster()
  // Normally the second master; another one where that hung for a moment just then.
  const handoffs = [...primary.logTail().matchAll(/"event":"handoff",.*"to":"([0-9a-f]{16})"/g)]
  assert.equal(handoffs.at(-1)?.[1], node.id)
  assert.equal(nodes.find(({ address }) => address === primary.address)?.state, 'left')
  for (const { client } of cluster.running()) assert.equal((await client.get('kept')).text, 'well')

  const last = await Promise.all(cluster.running().map((daemon) => daemon.stop()))
  assert.deepEqual(
    last.map(({ code }) => code),
    [0, 0],
  )
})

void test('scripts/start: what it prints works, Ctrl-C stops all, the data stays', async (t) => {
  const hosts = ['127.1.2.1', '127.1.2.2', '127.1.2.3']
  const taken = await Promise.all(hosts.map((host) => isTcpTaken(host, 8181)))
  if (taken.includes(true)) return t.skip('port 8181, which scripts/start uses, is in use')
  const project = projectCopy()
  try {
    const first = await startScript(project)
    for (const command of first.commands) {
      const { stdout } = await promisify(execFile)('bash', ['-c', `${command} -sS --fail`])
      if (command.includes('/get/')) assert.equal(stdout, 'world')
      if (command.includes('/post')) assert.equal((JSON.parse(stdout) as WriteAnswer).copies, 2)
    }
    assert.equal(first.commands.length, 3)
    assert.match(await first.interrupt(), /127\.1\.2\.3 stopped/)
    for (const host of hosts) assert.equal(await isTcpTaken(host, 8181), false)

    const second = await startScript(project)
    const kept = await new Client(`http://${hosts[2]}:8181`).get('hello')
    assert.equal(kept.text, 'world', 'the data of the first start')
    await second.interrupt()
  } finally {
    rmSync(project, { recursive: true, force: true })
  }
})

async function runDaemon(
  flags: readonly string[],
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawnKnown(process.execPath, [BIN, ...flags], 'pipe', { env: {} })
  const outputs = { stdout: '', stderr: '' }
  child.stdout?.on('data', (bytes) => (outputs.stdout += String(bytes)))
  child.stderr?.on('data', (bytes) => (outputs.stderr += String(bytes)))
  await once(child, 'close', { signal: AbortSignal.timeout(RUN_WAIT_MS) })
  return { code: child.exitCode, ...outputs }
}

/** The project at another place, so that a user's own data beside it is not touched. */
function projectCopy(): string {
  const copy = mkdtempSync(join(tmpdir(), 'diststore-e2e-'))
  const kept = { recursive: true, preserveTimestamps: true }
  for (const name of ['scripts', 'src', 'package.json', 'package-lock.json']) {
    cpSync(name, join(copy, name), kept)
  }
  for (const name of ['tsconfig.json', 'tsconfig.build.json']) cpSync(name, join(copy, name), kept)
  cpSync(resolve(BIN, '../..'), join(copy, 'dist'), kept)
  symlinkSync(resolve('node_modules'), join(copy, 'node_modules'))
  // A lock file newer than what is installed would make it install, into the project's own folder.
  utimesSync(join(copy, 'package-lock.json'), 0, 0)
  return copy
}

/** Runs scripts/start until it says that its nodes are up. */
async function startScript(project: string) {
  // Multicast of its own: only the port is fixed.
  const { groupPort } = await freePorts(['127.1.2.1'], '239.192.73.81')
  const env = { ...process.env, DISTSTORE_GROUP_PORT: String(groupPort) }
  const child = spawnKnown('bash', ['scripts/start'], 'pipe', { cwd: project, env })
  let output = ''
  child.stdout?.on('data', (bytes) => (output += String(bytes)))
  child.stderr?.on('data', (bytes) => (output += String(bytes)))
  await eventually(() => {
    assert.equal(child.exitCode, null, `scripts/start has ended: ${output}`)
    assert.match(output, /Ctrl-C stops them/, output)
  }, 4 * RUN_WAIT_MS)
  return {
    commands: output.split('\n').filter((line) => line.startsWith('  curl ')),
    interrupt: async () => {
      child.kill('SIGINT')
      await once(child, 'close', { signal: AbortSignal.timeout(RUN_WAIT_MS) })
      assert.equal(child.exitCode, 0)
      return output
    },
  }
}
