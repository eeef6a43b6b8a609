// The Debian package as an operator meets it: built, checked, and installed on two hosts that boot.
// Only in long runs (scripts/test package --long): making a Debian tree takes a minute.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { eventually, pause } from '../e2e/eventually.ts'
import { SteadyWrites } from '../e2e/steady-writes.ts'
import { Net, netProblem } from '../netns/net.ts'
import { READY_WAIT_MS } from '../../src/node/limits.ts'
import { BootedHost, makeTree } from './booted-host.ts'

const isLongRun = process.env['TEST_LONG'] === '1'
const problem = netProblem()
const skip = !isLongRun ? 'only with --long' : process.env['CI'] === 'true' ? false : problem

/** Beyond it something hangs. Unit: ms. */
const ALL_WAIT_MS = 1_500_000
const BUILD_WAIT_MS = 300_000

/** A node is hung for 20 s, killed, and starts again. Unit: ms. */
const WATCHDOG_WAIT_MS = 90_000

/** What purging may leave behind, or what other programs write meanwhile. */
const NOT_OURS =
  /^\/(proc|sys|dev|run|tmp|root|var\/(log|cache|tmp))(\/|$)|^\/var\/lib\/(dpkg|apt|systemd)\/|^\/etc\/(passwd|group|shadow|gshadow)-?$/

/** Exposure as `systemd-analyze security` counts it, in tenths: 1.3 with Debian 13. */
const EXPOSURE_MAX = 15

/** Requests of each client, between and during restarts. */
const WRITES = 40

void test('the package on two hosts that boot', { timeout: ALL_WAIT_MS, skip }, async (t) => {
  if (problem !== undefined) throw new Error(problem)
  const directory = mkdtempSync(join(tmpdir(), 'diststore-package-'))
  const net = Net.create(2)
  const hosts: BootedHost[] = []
  try {
    const now = await build(directory, '0.1.0')
    const next = await build(directory, '0.1.0+next')
    const base = join(directory, 'tree')
    await makeTree(base)
    hosts.push(await BootedHost.boot(1, net, base), await BootedHost.boot(2, net, base))
    const [one, two] = hosts as [BootedHost, BootedHost]
    const note = (text: string) => t.diagnostic(text)

    await t.test('lintian has nothing to say', () => lintianIsSilent(one, now))
    const before = await files(two)
    await t.test('installed on both, they are a cluster', () => formsCluster(one, two, now.deb))
    await t.test('the service can do little else', () => isHardened(one, note))
    await t.test('a restart of each in turn loses nothing, and fails nothing elsewhere', () =>
      restarts([one, two], note),
    )
    await t.test('an upgrade of each in turn does neither', () =>
      upgrades(one, two, next.deb, note),
    )
    await t.test('a reload uses what it can', () => reloads(one))
    await t.test('a node that hangs is restarted by its watchdog', () => watchdog(two, note))
    await t.test('removing keeps the data, purging leaves nothing', () =>
      removes(two, { deb: next.deb, before }),
    )
  } catch (error) {
    for (const host of hosts) console.error(await host.journal().catch(String))
    throw error
  } finally {
    await Promise.all(hosts.map((host) => host.end()))
    net.remove()
    rmSync(directory, { recursive: true, force: true })
  }
})

interface Built {
  readonly deb: string
  readonly changes: string
}

async function build(directory: string, version: string): Promise<Built> {
  const output = join(directory, version)
  const args = ['--version', version, '--output', output]
  await promisify(execFile)('scripts/package', args, { timeout: BUILD_WAIT_MS })
  const named = (end: string) => {
    const name = readdirSync(output).find((each) => each.endsWith(end))
    if (name === undefined) throw new Error(`there is no ${end} in ${output}`)
    return join(output, name)
  }
  return { deb: named('.deb'), changes: named('.changes') }
}

async function lintianIsSilent(host: BootedHost, { deb, changes }: Built): Promise<void> {
  host.give(deb)
  host.give(changes.replace('.changes', '.buildinfo'))
  assert.equal(await host.try('lintian', '--allow-root', host.give(changes)), '')
}

/** Nothing is configured: the second host finds the first. */
async function formsCluster(one: BootedHost, two: BootedHost, deb: string): Promise<void> {
  await Promise.all([one, two].map((host) => host.run('dpkg', '--install', host.give(deb))))
  await eventually(async () => {
    for (const { client } of [one, two]) {
      const { view } = await client.cluster()
      assert.equal(view?.masters.filter(({ inSync }) => inSync).length, 2)
    }
  })
  assert.equal((await one.client.post('greeting', 'hello')).status, 200)
  assert.equal((await two.client.get('greeting')).text, 'hello')
  assert.equal(await one.service('ActiveState'), 'active')
  assert.match(await one.run('diststore', 'status'), /2 of 2 masters in sync/)
  assert.match(await one.run('diststored', '--version'), /^diststored 0\.1\.0\n$/)
  const completed = '/usr/share/bash-completion/completions/diststore'
  assert.match(await one.run('bash', '-c', `. ${completed} && complete -p diststore`), /^complete /)
  await eventually(async () =>
    assert.match(await one.service('StatusText'), /^(primary|master); masters 10\.1\.2\./),
  )
  const maps = await one.run('cat', `/proc/${(await one.service('MainPID')).trim()}/maps`)
  assert.match(maps, /libjemalloc/, 'its memory is that of the allocator that the unit names')
}

async function isHardened(host: BootedHost, note: (text: string) => void): Promise<void> {
  const report = await host.run('systemd-analyze', 'security', 'diststore', '--no-pager')
  const overall = /Overall exposure level[^:]*: ([\d.]+)/.exec(report)?.[1] ?? ''
  note(`systemd-analyze security: ${overall}`)
  assert.ok(Number(overall) * 10 <= EXPOSURE_MAX, overall)
}

async function restarts(hosts: readonly [BootedHost, BootedHost], note: (text: string) => void) {
  const [one, two] = hosts
  for (const [host, other] of [
    [one, two],
    [two, one],
  ] as const) {
    await underLoad(host, other, {
      note,
      what: `systemctl restart on host ${host.number}`,
      work: async () => void (await host.run('systemctl', 'restart', 'diststore')),
    })
  }
}

/** The operator's own change of the settings file stays. */
async function upgrades(
  one: BootedHost,
  two: BootedHost,
  deb: string,
  note: (text: string) => void,
): Promise<void> {
  const settings = '/etc/diststore/diststored.toml'
  await one.run('sed', '-i', 's/^#copy-bytes-max.*/copy-bytes-max = "1 MiB"/', settings)
  for (const [host, other] of [
    [one, two],
    [two, one],
  ] as const) {
    await underLoad(host, other, {
      note,
      what: `upgrade of host ${host.number}`,
      work: async () => void (await host.run('dpkg', '--install', host.give(deb))),
    })
    assert.match(await host.run('diststored', '--version'), /0\.1\.0\+next/)
  }
  assert.match(await one.run('cat', settings), /^copy-bytes-max = "1 MiB"$/m)
  assert.equal((await two.client.get('greeting')).text, 'hello')
}

interface Disturbance {
  readonly what: string
  readonly work: () => Promise<void>
  readonly note: (text: string) => void
}

/**
 * Reads and writes at both while something happens to one host: the other answers everything, and
 * what either acknowledged is there afterwards, on both.
 */
async function underLoad(host: BootedHost, other: BootedHost, about: Disturbance): Promise<void> {
  const prefix = `${about.what}-${host.number}`.replaceAll(' ', '-')
  const load = (at: BootedHost) =>
    new SteadyWrites([at], { perSecond: 20, prefix: `${prefix}-at-${at.number}` })
  const [here, there] = [load(host), load(other)]
  const reads = new SteadyReads(other, 'greeting')
  await Promise.all([here.applied(WRITES), there.applied(WRITES)])
  const startedMs = performance.now()
  await about.work()
  const tookMs = performance.now() - startedMs
  if (tookMs < READY_WAIT_MS) {
    const { status } = await host.client.send('/health/ready')
    assert.equal(status, 200, 'a node that systemd calls started can answer')
  }
  await Promise.all([here.applied(WRITES), there.applied(WRITES)])
  await Promise.all([here.stop(), there.stop(), reads.stop()])
  about.note(`${about.what}: ${(tookMs / 1000).toFixed(1)} s; elsewhere ${there.summary()}`)
  const refused = there.history.filter(({ status }) => status !== 200)
  assert.deepEqual([refused, reads.failures], [[], []], 'the other host answered everything')
  for (const [key, value] of [...here.acknowledged(), ...there.acknowledged()]) {
    for (const { client } of [host, other]) assert.equal((await client.get(key)).text, value, key)
  }
}

/** One read after the other of a key that is there. */
class SteadyReads {
  readonly failures: unknown[] = []
  readonly #done: Promise<void>
  #isStopped = false

  constructor(host: BootedHost, key: string) {
    this.#done = this.#run(host, key)
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#done
  }

  async #run(host: BootedHost, key: string): Promise<void> {
    const { client, end } = host.keepConnections()
    while (!this.#isStopped) {
      const status = await client.get(key).then((answer) => answer.status, String)
      if (status !== 200) this.failures.push(status)
      await pause(20)
    }
    end()
  }
}

async function reloads(host: BootedHost): Promise<void> {
  const before = await host.service('MainPID')
  const settings = '/etc/diststore/diststored.toml'
  await host.run('sed', '-i', 's/^#log-level.*/log-level = "debug"/', settings)
  await host.run('systemctl', 'reload', 'diststore')
  await eventually(async () =>
    assert.match(await host.journal(), /"settings-reloaded","changed":\["log-level"\]/),
  )
  await host.run('sed', '-i', 's/^log-level.*/log-level = "warn"/', settings)
  await host.run('systemctl', 'reload', 'diststore')
  assert.equal(await host.service('MainPID'), before, 'the process is the same')
}

async function watchdog(host: BootedHost, note: (text: string) => void): Promise<void> {
  const before = await host.service('MainPID')
  const startedMs = performance.now()
  await host.run('kill', '-STOP', before)
  await eventually(async () => {
    assert.notEqual(await host.service('MainPID'), before)
    assert.equal(await host.service('ActiveState'), 'active')
    assert.equal((await host.client.get('greeting')).text, 'hello')
  }, WATCHDOG_WAIT_MS)
  note(`hung, killed and back after ${((performance.now() - startedMs) / 1000).toFixed(1)} s`)
  assert.equal(await host.service('NRestarts'), '1')
}

async function removes(
  host: BootedHost,
  about: { readonly deb: string; readonly before: ReadonlySet<string> },
): Promise<void> {
  await host.run('dpkg', '--remove', 'diststore')
  assert.equal(await host.try('pgrep', '-f', '/usr/bin/diststored'), '')
  assert.match(await host.run('ls', '/var/lib/diststore'), /data\.mdb/)
  await host.run('dpkg', '--install', host.give(about.deb))
  await eventually(async () =>
    assert.equal((await host.client.getLocal('greeting')).text, 'hello', 'it has kept its data'),
  )
  await host.run('dpkg', '--purge', 'diststore')
  const left = [...(await files(host))].filter((path) => !about.before.has(path))
  assert.deepEqual(left, [])
}

/** Every path of the host but those that are nobody's or that come and go. */
async function files(host: BootedHost): Promise<ReadonlySet<string>> {
  const found = await host.run('find', '/', '-xdev', '-print')
  return new Set(found.split('\n').filter((path) => path !== '' && !NOT_OURS.test(path)))
}
