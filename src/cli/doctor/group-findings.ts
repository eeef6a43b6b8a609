// Who else is in the multicast group: nobody, other clusters, or nodes with another secret.
// A function from facts to sentences; asks nobody.
import { describeInterfaces, isLan } from '../../config/addresses.ts'
import { type Facts, type Finding, note, ok, type Stranger, trouble } from './facts.ts'
import { quoted } from './host-findings.ts'

/** Addresses named in one sentence. */
const NAMED_MAX = 3

export function groupFindings(facts: Facts): Finding[] {
  const { daemon, listened, place } = facts
  const strangers = daemon.kind === 'answers' ? daemon.network.strangers : foreign(facts)
  const isAlone = daemon.kind === 'answers' ? hasNobody(facts) : false
  const found = [...strangerFindings(strangers, { cluster: clusterOf(facts), isAlone })]
  if (isAlone) return [aloneFinding(facts), ...found]
  if (daemon.kind === 'answers') return found
  const ours = listened.senders.filter(({ reason }) => reason === '')
  const seconds = `${listened.forMs / 1000} s`
  if (ours.length > 0) {
    return [
      ok(`nodes of cluster ${quoted(place.cluster)} heard in ${seconds}: ${named(ours)}`),
      ...found,
    ]
  }
  const what = `no node of cluster ${quoted(place.cluster)} was heard in ${seconds}`
  return [
    trouble(what, 'start a node, here or on another host, and run diststore doctor again'),
    ...found,
  ]
}

function foreign({ listened }: Facts): Stranger[] {
  return listened.senders
    .filter(({ reason }) => reason !== '')
    .map((sender) => ({ ...sender, lastMs: 0 }))
}

function clusterOf({ daemon, place }: Facts): string {
  return daemon.kind === 'answers' ? daemon.network.cluster : place.cluster
}

function hasNobody({ daemon }: Facts): boolean {
  if (daemon.kind === 'silent') return false
  const { node, nodes } = daemon.cluster
  return nodes.every(({ id, state }) => id === node.id || state === 'left')
}

function aloneFinding({ interfaces, place }: Facts): Finding {
  const outside = interfaces.filter(isLan)
  const choice =
    outside.length > 1
      ? `; this host has ${describeInterfaces(outside)}: set interface if another is the right one`
      : ''
  return trouble(
    'this node hears no other: there is one copy of everything',
    `start diststored on another host of this network, and let the firewalls pass UDP to ` +
      `${place.group} port ${place.groupPort}${choice}`,
  )
}

/** One sentence a reason. */
function strangerFindings(
  strangers: readonly Stranger[],
  { cluster, isAlone }: { readonly cluster: string; readonly isAlone: boolean },
): Finding[] {
  const of = (...reasons: string[]): Stranger[] =>
    strangers.filter(({ reason }) => reasons.includes(reason))
  const found: Finding[] = []
  const others = of('cluster')
  if (others.length > 0) {
    const sentence = `another cluster is in this group: ${named(others)}`
    const advice = `if those nodes belong here, give them cluster = ${quoted(cluster)}; if not, give one cluster another group-port`
    found.push(isAlone ? trouble(sentence, advice) : note(sentence, advice))
  }
  const keyless = of('key', 'tag')
  if (keyless.length > 0) {
    const sentence = `nodes of this cluster with another secret, or without one: ${named(keyless)}`
    found.push(trouble(sentence, 'give every node the same secret-file'))
  }
  const versions = of('version')
  if (versions.length > 0) {
    const sentence = `nodes that speak another version: ${named(versions)}`
    found.push(trouble(sentence, 'install the same version of diststore everywhere'))
  }
  const noise = of('size', 'magic')
  if (noise.length > 0) {
    const sentence = `packets that are none of diststore's come to this group: ${named(noise)}`
    found.push(note(sentence, 'give the cluster another group-port, or stop the other program'))
  }
  return found
}

/** "10.0.0.9:8181, 10.0.0.8:8181 and 2 more". */
function named(senders: readonly { readonly address: string }[]): string {
  const addresses = senders.map(({ address }) => address)
  const more = addresses.length - NAMED_MAX
  return addresses.slice(0, NAMED_MAX).join(', ') + (more > 0 ? ` and ${more} more` : '')
}
