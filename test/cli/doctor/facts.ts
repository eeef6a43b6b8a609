// What doctor found out on a network of three nodes, as a test wants it: well, except what it says.
import type { ClusterReport, ReportedNode } from '../../../src/cli/cluster-report.ts'
import type { Facts, HeardNode, OtherNode, Stranger } from '../../../src/cli/doctor/facts.ts'
import type { NetworkDevice } from '../../../src/network/host-network.ts'

export const [ONE, TWO, THREE] = ['10.0.0.1:8181', '10.0.0.2:8181', '10.0.0.3:8181']
export const MiB = 1024 * 1024

/** How packets come from one node to another. */
export interface Way {
  readonly multicastMs?: number | null
  readonly unicastMs?: number | null
  readonly lostShare?: number
  readonly clockAheadMs?: number
  readonly state?: string
}

export const WELL: Way = { multicastMs: 100, unicastMs: null, lostShare: 0, clockAheadMs: 2 }
export interface Case {
  /** How this node hears the others. */
  readonly in?: Readonly<Record<string, Way>>
  /** By which ways the others hear this node; undefined: they do not answer. */
  readonly out?: Readonly<Record<string, readonly string[] | undefined>>
  readonly ownMs?: number | null
  readonly device?: Partial<NetworkDevice>
  readonly joinTrouble?: string
  readonly isMember?: boolean
  readonly granted?: number
  readonly drops?: number
  readonly dropsBefore?: number
  readonly strangers?: readonly Stranger[]
  /** What TWO says of THREE. */
  readonly twoHearsThree?: readonly string[]
}

export function factsOf(given: Case): Facts {
  const heard = given.in ?? { [TWO]: WELL, [THREE]: WELL }
  const addresses = Object.keys(heard)
  const out = given.out ?? Object.fromEntries(addresses.map((at) => [at, ['multicast']]))
  const heardNodes: HeardNode[] = [
    { ...entry(ONE, WELL), multicastMs: given.ownMs === undefined ? 50 : given.ownMs },
    ...addresses.map((at) => entry(at, heard[at] ?? WELL)),
  ]
  return {
    place: {
      cluster: 'default',
      group: '239.192.73.81',
      groupPort: 4983,
      interfaceAddress: '10.0.0.1',
    },
    daemon: {
      kind: 'answers',
      network: {
        node: { id: ONE, address: ONE },
        cluster: 'default',
        group: '239.192.73.81:4983',
        interfaces: [{ address: '10.0.0.1', trouble: given.joinTrouble ?? null }],
        receiveBuffer: { asked: 8 * MiB, granted: given.granted ?? 8 * MiB },
        nodes: heardNodes,
        strangers: given.strangers ?? [],
      },
      cluster: report(ONE, [
        reported(ONE, 'alive', []),
        ...addresses.map((at) => reported(at, heard[at]?.state ?? 'alive', [])),
      ]),
    },
    others: addresses.flatMap((at) => otherNode(at, { addresses, hearsUs: out[at], given })),
    interfaces: [
      {
        name: 'eth0',
        address: '10.0.0.1',
        prefixBits: 24,
        isInternal: false,
        hasDefaultRoute: true,
      },
    ],
    host: {
      devices: [
        {
          name: 'eth0',
          mtu: 1500,
          isUp: true,
          isMulticast: true,
          bridge: undefined,
          ...given.device,
        },
      ],
      memberships: given.isMember === false ? [] : [{ device: 'eth0', group: '239.192.73.81' }],
      sockets: [],
      receiveBufferMax: given.granted,
    },
    dropsBefore: given.dropsBefore ?? 0,
    dropsMeanwhile: given.drops ?? 0,
    listened: { forMs: 3000, trouble: undefined, senders: [] },
  }
}

function entry(address: string, way: Way): HeardNode {
  const { multicastMs = 100, unicastMs = null, lostShare = 0, clockAheadMs = 2 } = way
  return { id: address, address, multicastMs, unicastMs, lostShare, clockAheadMs }
}

function otherNode(
  address: string,
  about: { addresses: string[]; hearsUs: readonly string[] | undefined; given: Case },
): OtherNode[] {
  const { addresses, hearsUs, given } = about
  if (given.in?.[address]?.state === 'dead') return []
  if (hearsUs === undefined) return [{ kind: 'silent', address, sentence: 'no answer' }]
  const nodes = addresses.map((at) => {
    const isAsked = address === TWO && at === THREE
    return reported(at, 'alive', isAsked ? (given.twoHearsThree ?? ['multicast']) : ['multicast'])
  })
  return [
    {
      kind: 'answers',
      address,
      cluster: report(address, [reported(ONE, 'alive', hearsUs), ...nodes]),
    },
  ]
}

function reported(address: string, state: string, heardBy: readonly string[]): ReportedNode {
  return { id: address, address, state, role: 'node', keys: 0, lastHeardMs: 4000, heardBy }
}

function report(id: string, nodes: ReportedNode[]): ClusterReport {
  return {
    node: { id, address: id, state: 'member' },
    view: null,
    nodes,
    keys: 0,
    copies: 0,
    stream: { id: '', committed: 0 },
    proofAgeMs: null,
    mode: 'available',
    merge: { due: 0, merged: 0, conflicts: 0 },
    warnings: [],
  }
}
