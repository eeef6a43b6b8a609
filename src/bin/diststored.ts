#!/usr/bin/env node
// The daemon's command line: argv, environment, settings file, signals and exit codes.
// Whatever a node does happens elsewhere.
import { readFileSync } from 'node:fs'
import { changesBetween } from '../config/changes.ts'
import { type Parsed, parseSettings } from '../config/parse.ts'
import type { NodeSettings } from '../config/settings.ts'
import type { RunningNode } from '../node/start.ts'
import { random, randomHex } from '../system/chance.ts'
import { realClock } from '../system/clock.ts'
import { readSecretFile, readTextFile } from '../system/files.ts'
import { ipv4Interfaces } from '../system/interfaces.ts'
import { type AdjustableLog, type Log, openLog } from '../system/log.ts'
import { fatal, onReload, onShutdown, runAgain } from '../system/process.ts'
import { serviceManager } from '../system/service-manager.ts'
import { every, pause } from '../system/timers.ts'

const FAILED = 1
const USAGE = 2

/** Not a setting: this program runs itself so, to see whether its store can be opened. */
const TRY_STORE = '--try-store'

/** A node that has not stopped by then is left to end with the process. Unit: ms. */
const STOP_WAIT_MS = 15_000

if (process.argv[2] === TRY_STORE) await trial(process.argv[3] ?? '')

const parsed = readSettings()
switch (parsed.kind) {
  case 'settings':
    await run(parsed.settings)
    break
  case 'help':
    process.stdout.write(parsed.text)
    break
  case 'version':
    process.stdout.write(`diststored ${version()}\n`)
    break
  case 'checked':
    process.stdout.write('diststored: the settings are good\n')
    break
  case 'bad':
    fatal(parsed.sentence, USAGE)
}

function readSettings(): Parsed {
  return parseSettings({
    argv: process.argv.slice(2),
    env: process.env,
    interfaces: ipv4Interfaces(),
    readFile: readTextFile,
    readSecretFile,
  })
}

/** Returns once the node has started; it runs until a signal ends the process. */
async function run(settings: NodeSettings): Promise<void> {
  const log = openLog(settings.logLevel, process.env)
  const manager = serviceManager(process.env, (error) =>
    log.warn('service-manager-not-told', { reason: error.message }),
  )
  const starting = start(settings, log)
  let sayGoodbye = () => manager.tell({ STOPPING: '1' })
  onShutdown(() => {
    sayGoodbye()
    void stop(starting)
  })
  const reload = reloader(settings, log)
  onReload(() => {
    void starting.then(reload)
  })
  try {
    const { supervise } = await import('../node/supervision.ts')
    sayGoodbye = supervise(await starting, manager, { clock: realClock, every })
  } catch (error) {
    fatal(messageOf(error), FAILED)
  }
}

/** Gives what reads the settings again: what can change does, and the log says what cannot. */
function reloader(first: NodeSettings, log: AdjustableLog): (node: RunningNode) => void {
  let settings = first
  return (node) => {
    const read = readSettings()
    if (read.kind !== 'settings') {
      const reason = read.kind === 'bad' ? read.sentence : 'there are no settings'
      log.warn('settings-refused', { reason })
      return
    }
    const changes = changesBetween(settings, read.settings)
    settings = changes.settings
    log.useLevel(settings.logLevel)
    if (changes.atOnce.includes('node')) node.useNodes(settings.nodes)
    if (changes.atOnce.includes('secret-file')) node.useSecrets(settings.secrets)
    const { atOnce: changed, atRestart: needRestart } = changes
    log[needRestart.length > 0 ? 'warn' : 'info']('settings-reloaded', { changed, needRestart })
  }
}

async function start(settings: NodeSettings, log: Log): Promise<RunningNode> {
  // Imported here, so that --help and a bad setting do not wait for it.
  const { startNode } = await import('../node/start.ts')
  const { storeTrouble } = await import('../node/try-store.ts')
  const { dataDir, durability } = settings
  if (durability !== 'memory') {
    const again = (waitMs: number) => runAgain([TRY_STORE, dataDir], waitMs)
    const trouble = await storeTrouble(dataDir, again)
    if (trouble !== undefined) throw new Error(trouble)
  }
  const os = { clock: realClock, random, randomHex, log, interfaces: ipv4Interfaces }
  return startNode(settings, os)
}

/** Opens a store and nothing else; damage may end the process in its own way. */
async function trial(dir: string): Promise<never> {
  const { tryStore } = await import('../node/try-store.ts')
  const code = await tryStore(dir).then(
    () => 0,
    () => FAILED,
  )
  process.exit(code)
}

async function stop(starting: Promise<{ stop(): Promise<void> }>): Promise<void> {
  try {
    const stopped = starting.then((node) => node.stop()).then(() => true)
    const isStopped = await Promise.race([stopped, pause(STOP_WAIT_MS).then(() => false)])
    if (!isStopped) fatal(`not stopped after ${STOP_WAIT_MS / 1000} s`, FAILED)
  } catch (error) {
    fatal(messageOf(error), FAILED)
  }
  process.exit(0)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  const about: { readonly version: string } = JSON.parse(text)
  return about.version
}
