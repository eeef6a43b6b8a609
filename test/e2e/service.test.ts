// The daemon as a service: what its service manager hears of it, and settings that it reads again.
import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { BIN, spawnKnown } from './daemon.ts'
import { eventually, PATIENCE_MS } from './eventually.ts'
import { freePorts } from './ports.ts'

const HOST = '127.1.2.1'

/** It wants a sign of life in 0.6 s. Unit: microseconds, as systemd gives it. */
const WATCHDOG_USEC = 600_000

/** What stands in for systemd's program: it writes down what it was to say. */
const NOTIFY = '#!/bin/sh\nprintf "%s\\n" "$@" >>"$NOTIFY_SOCKET"\n'

void test('a service says when it is ready, lives and stops, and reads its settings again', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'diststore-e2e-'))
  try {
    const service = await startService(directory)
    const { process: node, said, logged, settings } = service
    await eventually(() => {
      for (const fact of ['READY=1', 'WATCHDOG=1', `STATUS=primary; masters ${service.address}`]) {
        assert.ok(said().includes(fact), said())
      }
    })

    settings('log-level = "debug"\nmin-copies = 1\nnode = ["127.1.2.2:1"]')
    node.kill('SIGHUP')
    const changed = ['log-level', 'node']
    await eventually(() =>
      assert.deepEqual(logged('settings-reloaded'), [{ changed, needRestart: ['min-copies'] }]),
    )

    settings('log-level = "loud"')
    node.kill('SIGHUP')
    await eventually(() => assert.match(JSON.stringify(logged('settings-refused')), /log-level/))
    assert.doesNotMatch(said(), /STOPPING/)

    node.kill('SIGTERM')
    await once(node, 'exit', { signal: AbortSignal.timeout(PATIENCE_MS) })
    assert.equal(node.exitCode, 0)
    assert.match(said(), /STOPPING=1\nSTATUS=leaving the cluster\n/)
    assert.equal(said().match(/READY=1/g)?.length, 1)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
})

interface Service {
  readonly process: ChildProcess
  readonly address: string
  /** All that the service manager heard. */
  readonly said: () => string
  /** The facts of every line of the log with this event. */
  readonly logged: (event: string) => unknown[]
  /** Replaces what stands in the settings file. */
  readonly settings: (toml: string) => void
}

async function startService(directory: string): Promise<Service> {
  const { port, groupPort } = await freePorts([HOST], '239.192.73.81')
  const file = (name: string) => join(directory, name)
  writeFileSync(file('systemd-notify'), NOTIFY)
  chmodSync(file('systemd-notify'), 0o755)
  writeFileSync(file('said'), '')
  const place = `host = "${HOST}"\nport = ${port}\ngroup-port = ${groupPort}\n`
  const settings = (toml: string) => writeFileSync(file('settings.toml'), `${place}${toml}\n`)
  settings('')
  const flags = ['--config', file('settings.toml'), '--data-dir', file('data')]
  const env = {
    PATH: `${directory}:/usr/bin:/bin`,
    NOTIFY_SOCKET: file('said'),
    WATCHDOG_USEC: String(WATCHDOG_USEC),
  }
  const node = spawnKnown(process.execPath, [BIN, ...flags], 'pipe', { env })
  let log = ''
  node.stdout?.on('data', (bytes) => (log += String(bytes)))
  node.stderr?.on('data', (bytes) => (log += String(bytes)))
  const logged = (event: string) =>
    log
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line): Record<string, unknown> => JSON.parse(line))
      .filter((line) => line['event'] === event)
      .map(({ level: _level, time: _time, event: _event, ...facts }) => facts)
  const said = () => readFileSync(file('said'), 'utf8')
  return { process: node, address: `${HOST}:${port}`, said, logged, settings }
}
