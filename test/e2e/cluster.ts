// A cluster of real processes, and what tests ask of it as a whole: on 127.1.2.1 to 127.1.2.11, or
// wherever its site says. Its name, ports and directory are its own: clusters of other tests and
// leftovers never mix in.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ClusterReport } from './client.ts'
import { Daemon, type DaemonOptions } from './daemon.ts'
import { eventually, forAll } from './eventually.ts'
import { freePorts, type Ports } from './ports.ts'

/** Where the nodes of all tests meet; the port tells their clusters apart. */
export const GROUP = '239.192.73.81'
const HOSTS = Array.from({ length: 11 }, (_, index) => `127.1.2.${index + 1}`)
const REQUESTS_AT_ONCE = 16

export type View = NonNullable<ClusterReport['view']>

/** Where the nodes of a cluster live. */
export interface Site {
  readonly ports: Ports
  /** What is special to this place about node `number` of the cluster with that name. */
  place(
    number: number,
    cluster: string,
  ): Pick<DaemonOptions, 'address' | 'flags' | 'command' | 'connect'>
  end(): void
}

let created = 0

export class Cluster {
  readonly name: string
  readonly ports: Ports
  readonly directory: string
  readonly #site: Site
  /** Given to every node besides its place; a node keeps those it was first asked for with. */
  flags: readonly string[] = []
  readonly #daemons = new Map<number, Daemon>()

  constructor(site: Site) {
    this.#site = site
    this.ports = site.ports
    this.name = `e2e-${process.pid}-${++created}`
    this.directory = mkdtempSync(join(tmpdir(), 'diststore-e2e-'))
  }

  static async create(): Promise<Cluster> {
    return new Cluster(await loopback())
  }

  /** The node at 127.1.2.`number`, started or not. */
  node(number: number): Daemon {
    const known = this.#daemons.get(number)
    if (known !== undefined) return known
    const daemon = this.#daemonAt(number, { name: this.name, directory: `${number}` })
    this.#daemons.set(number, daemon)
    return daemon
  }

  /** A node of another cluster in the same multicast group. */
  stranger(number: number, name: string): Daemon {
    assert(!this.#daemons.has(number), `node ${number} is taken`)
    const daemon = this.#daemonAt(number, { name, directory: `${number}-of-${name}` })
    this.#daemons.set(number, daemon)
    return daemon
  }

  nodes(...numbers: number[]): Daemon[] {
    return numbers.map((number) => this.node(number))
  }

  /** Starts these nodes together and waits until they, and all others that run, agree. */
  async start(...numbers: number[]): Promise<View> {
    for (const daemon of this.nodes(...numbers)) daemon.start()
    return this.settled()
  }

  running(): Daemon[] {
    return [...this.#daemons.values()].filter((daemon) => daemon.isRunning)
  }

  /**
   * Waits until every running node is ready, routes to one view, and that view has as many
   * in-sync masters as there can be, all of them running.
   */
  settled(daemons: readonly Daemon[] = this.running()): Promise<View> {
    const alive = new Set(daemons.map(({ address }) => address))
    return eventually(async () => {
      const reports = await Promise.all(daemons.map((daemon) => daemon.client.cluster()))
      const views = reports.map(({ view }) => view)
      const [first] = views
      assert(first !== null && first !== undefined, 'a node knows no view yet')
      for (const view of views) assert.equal(view?.ballot, first.ballot, 'two views are known')
      const { masters, roster } = first
      assert.equal(masters.length, Math.min(2, daemons.length), 'masters are missing')
      for (const { address, inSync } of masters) {
        assert(inSync && alive.has(address), `${address} is no in-sync master that runs`)
      }
      for (const { node } of reports) {
        assert(
          roster.some(({ id }) => id === node.id),
          `${node.address} is not in the roster`,
        )
      }
      for (const { client, address } of daemons) {
        assert.equal((await client.send('/health/ready')).status, 200, `${address} is not ready`)
      }
      return first
    })
  }

  /** The primary, the other master, and the rest of those that run. */
  async roles(): Promise<{ primary: Daemon; second: Daemon; others: Daemon[] }> {
    const { masters } = await this.settled()
    const [primary, second] = masters.map(({ address }) => this.#at(address))
    assert(primary !== undefined && second !== undefined, 'two masters are needed')
    const others = this.running().filter((each) => each !== primary && each !== second)
    return { primary, second, others }
  }

  async masters(): Promise<Daemon[]> {
    const { masters } = await this.settled()
    return masters.map(({ address }) => this.#at(address))
  }

  stopAll(): Promise<unknown> {
    return Promise.all(this.running().map((daemon) => daemon.stop()))
  }

  killAll(): Promise<unknown> {
    return Promise.all(this.running().map((daemon) => daemon.kill()))
  }

  logTails(): string {
    const tails = [...this.#daemons.values()].map((each) => `== ${each.address}\n${each.logTail()}`)
    return tails.join('\n')
  }

  /** Ends every process and removes all data. */
  async end(): Promise<void> {
    await this.killAll()
    this.#site.end()
    rmSync(this.directory, { recursive: true, force: true })
  }

  #at(address: string): Daemon {
    const daemon = [...this.#daemons.values()].find((each) => each.address === address)
    assert(daemon !== undefined, `${address} is none of ours`)
    return daemon
  }

  #daemonAt(number: number, about: { name: string; directory: string }): Daemon {
    const { flags, ...place } = this.#site.place(number, about.name)
    const dataDir = join(this.directory, about.directory)
    return new Daemon({
      ...place,
      dataDir,
      logFile: `${dataDir}.log`,
      flags: [...flags, ...this.flags],
    })
  }
}

/** Nodes on this machine, at addresses of the loopback interface. */
export async function loopback(): Promise<Site> {
  const ports = await freePorts(HOSTS, GROUP)
  const { port, groupPort } = ports
  const meeting = ['--group', GROUP, '--group-port', String(groupPort)]
  return {
    ports,
    place: (number, cluster) => {
      const host = HOSTS[number - 1]
      assert(host !== undefined, `there is no address for node ${number}`)
      const own = ['--host', host, '--port', String(port), '--cluster', cluster]
      return { address: `${host}:${port}`, flags: [...own, ...meeting], command: [], connect: {} }
    },
    end: () => {},
  }
}

/** Every one of these nodes holds each key with its value, and says so itself. */
export async function assertHeld(
  daemons: readonly Daemon[],
  entries: ReadonlyMap<string, string>,
): Promise<void> {
  for (const { client, address } of daemons) {
    await forAll([...entries], REQUESTS_AT_ONCE, async ([key, value]) => {
      const { status, text } = await client.getLocal(key)
      assert.deepEqual({ status, text }, { status: 200, text: value }, `${key} on ${address}`)
    })
  }
}

/** Both hold the same keys, and under each the same value with the same version. */
export async function assertSame(one: Daemon, other: Daemon): Promise<string[]> {
  const keys = await one.client.list()
  assert.deepEqual(await other.client.list(), keys, `${one.address} and ${other.address}: keys`)
  await forAll(keys, REQUESTS_AT_ONCE, async (key) => {
    const [here, there] = await Promise.all(
      [one, other].map(({ client }) => client.send(`/getlocal/${key}`)),
    )
    assert.equal(here?.status, 200, `${key} on ${one.address}`)
    assert.equal(there?.headers.get('etag'), here?.headers.get('etag'), `the version of ${key}`)
    assert.deepEqual(there?.body, here?.body, `the value of ${key}`)
  })
  return keys
}
