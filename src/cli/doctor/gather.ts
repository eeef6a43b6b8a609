// Gathers the facts: from the node of this host, from the others, from the kernel, and by listening.
// Judges nothing; every wait has an end.
import { parsePlace } from '../../config/parse.ts'
import type { Address } from '../../core/types.ts'
import { listenToGroup } from '../../network/group-listener.ts'
import { type HostNetwork, readHostNetwork } from '../../network/host-network.ts'
import { createKeyring, verifyDatagram } from '../../wire/datagram.ts'
import type { Cli } from '../cli.ts'
import { type ClusterReport, clusterReport } from '../cluster-report.ts'
import { EXIT, Failure } from '../exit-codes.ts'
import { NodeConnection } from '../node-connection.ts'
import type { Daemon, Facts, Listened, NetworkAnswer, OtherNode, Place } from './facts.ts'
import { ASKED_AT_ONCE, SENDERS_MAX } from './limits.ts'

/** `argv` are settings as the daemon takes them; they say where to listen when no node runs. */
export async function gather(
  cli: Cli,
  { argv, forMs }: { readonly argv: readonly string[]; readonly forMs: number },
): Promise<Facts> {
  const { interfaces } = cli.world.surroundings
  const planned = plannedPlace(cli, argv)
  const daemon = await askDaemon(cli)
  const place = daemon.kind === 'answers' ? placeOf(daemon.network, planned) : planned
  const before = readHostNetwork()
  const [listened, others] = await Promise.all([
    listen(place, forMs),
    daemon.kind === 'answers' ? askOthers(daemon.cluster) : [],
  ])
  // While the group was joined for listening the system counted it too: `before` tells the truth.
  const dropsBefore = dropsAt(place, before)
  const dropsMeanwhile = dropsAt(place, readHostNetwork()) - dropsBefore
  return {
    place,
    daemon,
    others,
    interfaces,
    host: before,
    dropsBefore,
    dropsMeanwhile: Math.max(0, dropsMeanwhile),
    listened,
  }
}

function plannedPlace({ world }: Cli, argv: readonly string[]): Place {
  const parsed = parsePlace({ ...world.surroundings, argv })
  if (parsed.kind === 'bad') throw new Failure(EXIT.usage, parsed.sentence)
  const { clusterName: cluster, group, groupPort, interfaceAddress } = parsed.settings
  return { cluster, group, groupPort, interfaceAddress }
}

/** Where the node really is counts more than what its settings say now. */
function placeOf({ cluster, group, interfaces }: NetworkAnswer, planned: Place): Place {
  const [host = planned.group, port = planned.groupPort] = group.split(':')
  const interfaceAddress = interfaces[0]?.address ?? planned.interfaceAddress
  return { cluster, group: host, groupPort: Number(port), interfaceAddress }
}

/** A node that refuses to tell is a failure of the command: it is asked from another host. */
async function askDaemon(cli: Cli): Promise<Daemon> {
  try {
    const cluster = await clusterReport(cli)
    const answer = await cli.node.askJson({ method: 'GET', path: '/admin/network' })
    if (!isNetworkAnswer(answer)) throw cli.node.isNoNode()
    return { kind: 'answers', network: answer, cluster }
  } catch (error) {
    if (!(error instanceof Failure) || error.exitCode !== EXIT.unreachable) throw error
    return { kind: 'silent', sentence: error.message }
  }
}

function isNetworkAnswer(answer: unknown): answer is NetworkAnswer {
  const { nodes, strangers, interfaces }: Record<string, unknown> = Object(answer)
  return Array.isArray(nodes) && Array.isArray(strangers) && Array.isArray(interfaces)
}

async function askOthers({ node, nodes }: ClusterReport): Promise<OtherNode[]> {
  const there = nodes.filter(({ id, state }) => id !== node.id && /alive|suspect/.test(state))
  const left = there.map(({ address }) => address).values()
  const answers: OtherNode[] = []
  const worker = async (): Promise<void> => {
    for (const address of left) answers.push(await askOther(address))
  }
  await Promise.all(Array.from({ length: ASKED_AT_ONCE }, worker))
  return answers.sort((a, b) => (a.address < b.address ? -1 : 1))
}

async function askOther(address: Address): Promise<OtherNode> {
  const node = new NodeConnection(`http://${address}`)
  try {
    return { kind: 'answers', address, cluster: await clusterReport({ node }) }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return { kind: 'silent', address, sentence: error.message }
  } finally {
    await node.close()
  }
}

async function listen(place: Place, forMs: number): Promise<Listened> {
  // Doctor does not know the secret: packets signed with one count as of the cluster by its tag.
  const keyring = createKeyring(place.cluster, [])
  const senders = new Map<Address, { address: Address; reason: string; packets: number }>()
  const trouble = await listenToGroup({ ...place, forMs }, (bytes, address) => {
    const sender = senders.get(address) ?? { address, reason: '', packets: 0 }
    const verified = verifyDatagram(bytes, keyring)
    const isOurs = verified.kind === 'ok' || verified.reason === 'key' || verified.reason === 'tag'
    sender.reason = isOurs ? '' : verified.reason
    sender.packets++
    if (senders.size < SENDERS_MAX || senders.has(address)) senders.set(address, sender)
  })
  return { forMs, trouble, senders: [...senders.values()] }
}

/** The socket of the group, of every node on this host that is in it. */
function dropsAt({ group, groupPort }: Place, { sockets }: HostNetwork): number {
  return sockets
    .filter(({ host, port }) => host === group && port === groupPort)
    .reduce((sum, { drops }) => sum + drops, 0)
}
