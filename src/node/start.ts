// Puts one node together and takes it apart again: store, core, sockets, server, driver.
// Holds no rule of its own.
import http from 'node:http'
import { once } from 'node:events'
import { fingerprintOf } from '../config/fingerprint.ts'
import type { InterfaceAddress } from '../config/addresses.ts'
import type { NodeSettings } from '../config/settings.ts'
import type { LogEvent } from '../core/log-events.ts'
import { NodeCore } from '../core/node.ts'
import { ALL_RULES } from '../core/rules.ts'
import { VersionClock } from '../core/version.ts'
import type { Address } from '../core/types.ts'
import { STATE_ZERO } from '../core/view.ts'
import { FastLane } from '../http/fast-lane/fast-lane.ts'
import { Intake } from '../http/intake.ts'
import { BODIES_BYTES_MAX } from '../http/limits.ts'
import { createNodeApi } from '../http/node-api.ts'
import { createPublicApp } from '../http/public-app.ts'
import { createRequestListener } from '../http/request-listener.ts'
import type { RequestGate } from '../http/request-gate.ts'
import type { RequestMeter } from '../http/request-meter.ts'
import { limitServer, SERVER_OPTIONS } from '../http/server-options.ts'
import { joinAddress } from '../network/address.ts'
import { errorCode } from '../network/error-code.ts'
import { Copies } from '../storage/copies.ts'
import { openLmdbStore } from '../storage/lmdb-store.ts'
import { MemoryStore } from '../storage/memory-store.ts'
import type { Store } from '../storage/store.ts'
import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'
import { createProcessMetrics } from '../system/metrics/process.ts'
import { fatal } from '../system/process.ts'
import { every, nextPhase, pause } from '../system/timers.ts'
import { Backups } from './backup.ts'
import { CacheNode } from './cache-node.ts'
import { Driver } from './driver.ts'
import { Events } from './events.ts'
import { Finder } from './finder.ts'
import { DRAIN_WAIT_MS, IDLE_SWEEP_MS } from './limits.ts'
import { NodeCounts } from './metrics/counts.ts'
import { type NodeMetricsParts, nodeMetricsText } from './metrics/node-metrics.ts'
import { NetworkWatch } from './network-watch.ts'
import { type RefusalCounts, Security } from './security.ts'
import { summaryOf } from './summary.ts'
import { Transport } from './transport.ts'

/** Everything from outside that a node needs. */
export interface World {
  readonly clock: Clock
  readonly random: () => number
  readonly randomHex: (bytes: number) => string
  readonly log: Log
  /** The machine's interfaces at this moment. */
  readonly interfaces: () => readonly InterfaceAddress[]
}

export interface RunningNode {
  /** Replaces the cluster's secrets: all are accepted, the first one signs. None: no secret. */
  useSecrets(secrets: readonly Uint8Array[]): void
  /** Replaces the nodes to look for besides multicast: `host:port` each. */
  useNodes(nodes: readonly string[]): void
  /** It is in the roster of an active view, and what it has to hold is there. */
  isReady(): boolean
  /** How it is, in one line. */
  summary(): string
  /** What was refused since the start, by reason. */
  refusals(): RefusalCounts
  /** Says goodbye, lets answers leave, flushes and closes. May be called twice. */
  stop(): Promise<void>
}

/** Starts a node. Rejects with an Error whose message is a sentence for the operator. */
export async function startNode(settings: NodeSettings, world: World): Promise<RunningNode> {
  const counts = new NodeCounts(() => world.clock.monotonicMs())
  const log = countingLog(world.log, counts)
  const store = await openStore(settings, { ...world, log })
  const copies = new Copies(settings.copyBytesMax)
  const address = joinAddress(settings.announceHost, settings.port)
  const core = createCore(settings, { store, copies, address, random: world.random })
  const { clock, randomHex } = world
  const security = new Security(settings, { clock, log, randomHex, address })
  const events = new Events(core, () => clock.monotonicMs())
  const driver = new Driver({ core, store, copies, clock, log, counts, events, onStop: endOf })
  const nextVersion = versionStamp(store, world)
  const finder = new Finder(settings, { driver, clock, log, interfaces: world.interfaces })
  const warnings = () => [...finder.warnings(), ...security.warnings()]
  // Asked for each time: the address of a node may change.
  const self = () => core.status(clock.monotonicMs()).node
  const watch = new NetworkWatch(settings, { clock, security, node: self })
  const parts = { core, driver, store, copies, clock, nextVersion, warnings, watch, counts, events }
  const node = new CacheNode({ ...parts, backups: backupsOf(settings, parts) })
  const metrics = metricsOf(settings, { ...parts, node, security })
  const about = { settings, world, log, gate: security.gate, meter: counts.requests, metrics }
  const { server, lane } = createServer(node, about)
  try {
    const transport = await openSockets(server, { ...parts, settings, security, log })
    driver.start(transport)
    finder.start(transport)
    const { nodeId: id, incarnation, keyCount: keys } = store
    log.info('node-started', { id, incarnation, address, keys })
    return running({ ...parts, node, finder, server, lane, transport, security }, world)
  } catch (error) {
    await store.close()
    throw error
  }
}

function createCore(
  settings: NodeSettings,
  parts: { store: Store; copies: Copies; address: Address; random: () => number },
): NodeCore {
  const { store, copies, address, random } = parts
  const { nodeId: id, incarnation, state = STATE_ZERO } = store
  return new NodeCore(
    { store, copies, random },
    {
      identity: { id, incarnation, address, isWitness: settings.isWitness, state },
      settings: settings.cluster,
      fingerprint: fingerprintOf(settings.cluster),
      rules: ALL_RULES,
    },
  )
}

/** Both ports or none. */
async function openSockets(
  server: http.Server,
  parts: {
    settings: NodeSettings
    core: NodeCore
    driver: Driver
    security: Security
    watch: NetworkWatch
    counts: NodeCounts
    clock: Clock
    log: Log
  },
): Promise<Transport> {
  const { settings, core, driver, security, watch, counts, clock, log } = parts
  const transport = await Transport.open(settings, {
    sender: () => core.sender(),
    received: (packet) => {
      counts.datagramsIn.of(packet.datagram.kind, packet.way).value++
      watch.heard(packet)
      driver.step({ kind: 'datagram', ...packet })
    },
    clock,
    keyring: security.keyring,
    packetRefusals: watch.refusals,
    answerRefusals: security.answerRefusals,
    log: (level, event, fields) => log[level](event, fields),
  })
  watch.use(transport)
  try {
    await listen(server, settings)
    return transport
  } catch (error) {
    await transport.stop()
    throw error
  }
}

async function openStore(settings: NodeSettings, world: World): Promise<Store> {
  const newNodeId = () => world.randomHex(8)
  if (settings.durability === 'memory') {
    // What is in memory ends with the process, and so does the node's name: the next one is new.
    return new MemoryStore({
      nodeId: newNodeId(),
      incarnation: 1,
      state: undefined,
      bytesMax: settings.storeBytesMax,
      flushLater: nextPhase,
    })
  }
  return openLmdbStore({
    dir: settings.dataDir,
    durability: settings.durability,
    bytesMax: settings.storeBytesMax,
    newNodeId,
    onFailure: (error) => fatal(error.message, 1),
    onDamage: (key) => world.log.error('entry-damaged', { key }),
    onConflictDamage: (key) => world.log.warn('conflict-damaged', { key }),
    timers: { nextTurn: nextPhase, every },
  })
}

async function listen(server: http.Server, settings: NodeSettings): Promise<void> {
  const listening = once(server, 'listening')
  server.listen(settings.port, settings.host)
  try {
    await listening
  } catch (error) {
    const where = joinAddress(settings.host, settings.port)
    const code = errorCode(error)
    throw new Error(`cannot listen on ${where} (${code}): ${LISTEN_ADVICE[code] ?? 'see --host'}`, {
      cause: error,
    })
  }
}

const LISTEN_ADVICE: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program uses this port; stop it, or give --port another one',
  EADDRNOTAVAIL: 'no interface of this host has that address; give --host one that it has',
  EACCES: 'ports below 1024 need more rights; give --port a higher one',
}

/** The server, which is still to listen, and the lane before it. */
function createServer(
  node: CacheNode,
  parts: {
    settings: NodeSettings
    world: World
    log: Log
    gate: RequestGate
    meter: RequestMeter
    metrics: () => Promise<string>
  },
): { server: http.Server; lane: FastLane } {
  const { settings, world, gate, meter, metrics } = parts
  const { valueBytesMax } = settings.cluster
  const log = (
    level: 'warn' | 'error',
    event: LogEvent,
    fields: Readonly<Record<string, unknown>>,
  ) => parts.log[level](event, fields)
  const writes = {
    valueBytesMax,
    newIdempotencyKey: () => world.randomHex(16),
    intake: new Intake(BODIES_BYTES_MAX),
  }
  const listener = createRequestListener({
    publicApp: createPublicApp(node, { ...writes, log, meter, metrics }),
    nodeApi: createNodeApi(node, { valueBytesMax, log, gate }),
  })
  const server = http.createServer(SERVER_OPTIONS, listener)
  limitServer(server)
  const lane = new FastLane(node, { ...writes, log, meter })
  lane.attach(server)
  return { server, lane }
}

/** What GET /metrics tells of this node. */
function metricsOf(
  settings: NodeSettings,
  parts: Omit<NodeMetricsParts, 'refusals' | 'datagramErrors' | 'process'> & {
    watch: NetworkWatch
    security: Security
  },
): () => Promise<string> {
  const { watch, security } = parts
  const { storeBytesMax, copyBytesMax } = settings
  const refusals = () => security.refusals()
  const datagramErrors = () => watch.report().packets.errors
  const about = { ...parts, refusals, datagramErrors, process: createProcessMetrics() }
  return () => nodeMetricsText(about, { storeBytesMax, copyBytesMax })
}

/** The same log, and its lines are counted by level. */
function countingLog(log: Log, { logLines }: NodeCounts): Log {
  const at = (level: keyof Log): Log[typeof level] => {
    const lines = logLines.of(level)
    return (event, fields) => {
      lines.value++
      log[level](event, fields)
    }
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

function backupsOf(
  settings: NodeSettings,
  { core, store, clock }: { core: NodeCore; store: Store; clock: Clock },
): Backups {
  const status = () => core.status(clock.monotonicMs())
  return new Backups({ store, status, clock, pause, cluster: settings.clusterName })
}

function versionStamp(store: Store, world: World): () => string {
  const clock = new VersionClock(store.nodeId)
  return () => clock.next(world.clock.wallMs())
}

function endOf(reason: string): void {
  fatal(reason, 1)
}

interface RunningParts {
  readonly node: CacheNode
  readonly driver: Driver
  readonly finder: Finder
  readonly server: http.Server
  readonly lane: FastLane
  readonly transport: Transport
  readonly store: Store
  readonly security: Security
  readonly events: Events
}

function running(parts: RunningParts, world: World): RunningNode {
  const { finder, node, security, transport } = parts
  let stopping: Promise<void> | undefined
  return {
    useSecrets: (secrets) => transport.useKeyring(security.useSecrets(secrets)),
    useNodes: (nodes) => finder.useNodes(nodes),
    isReady: () => node.isReady(),
    summary: () => summaryOf(node.status()),
    refusals: () => security.refusals(),
    stop: () => {
      stopping ??= stopNode(parts, world)
      return stopping
    },
  }
}

/** First the others learn to do without this node; then what is under way may still end. */
async function stopNode(parts: RunningParts, world: World): Promise<void> {
  const { driver, finder, server, lane, transport, store, security, events } = parts
  finder.stop()
  await driver.leave('stopped by its operator')
  events.stop()
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  // A connection that becomes idle only now would keep the server open.
  const stopSweeping = every(IDLE_SWEEP_MS, () => {
    lane.drain()
    server.closeIdleConnections()
  })
  await Promise.race([closed, pause(DRAIN_WAIT_MS)])
  stopSweeping()
  driver.stop()
  server.closeAllConnections()
  await transport.stop()
  security.stop()
  await store.close()
  world.log.info('node-stopped', {})
}
