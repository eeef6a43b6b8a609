// Who hears whom: this node and each of the others, and the others among themselves.
// A function from facts to sentences; asks nobody.
import type { ReportedNode } from '../cluster-report.ts'
import { agoText } from '../node-table.ts'
import {
  type Daemon,
  type Facts,
  type Finding,
  type HeardNode,
  note,
  ok,
  type OtherNode,
  trouble,
} from './facts.ts'
import { CLOCK_MS, HEARD_WITHIN_MS, LOST_SHARE } from './limits.ts'

type Answering = Extract<Daemon, { kind: 'answers' }>

/** Another node that is there, and what goes between it and this one. */
interface Link {
  readonly node: ReportedNode
  readonly heard: HeardNode | undefined
  readonly other: OtherNode | undefined
  readonly isHeard: boolean
  /** It was heard by multicast once, and no longer is. */
  readonly hasStopped: boolean
  /** By which ways it hears this node; undefined: it did not say. */
  readonly hearsUsBy: readonly string[] | undefined
  /** Whether multicast is one of them. */
  readonly hearsUs: boolean | undefined
}

export function nodeFindings(facts: Facts): Finding[] {
  const { daemon } = facts
  if (daemon.kind === 'silent') return []
  const self = daemon.cluster.node.id
  const nodes = daemon.cluster.nodes.filter(({ id, state }) => id !== self && state !== 'left')
  const links = nodes.filter(({ state }) => state !== 'dead').map((it) => linkTo(it, facts, daemon))
  return [
    ...nodes.filter(({ state }) => state === 'dead').map(deadFinding),
    ...links.flatMap(linkFindings),
    ...causeFindings(links, facts),
    ...facts.others.flatMap((other) => amongOthers(other, daemon)),
  ]
}

function linkTo(node: ReportedNode, facts: Facts, daemon: Answering): Link {
  const heard = daemon.network.nodes.find(({ id }) => id === node.id)
  const other = facts.others.find(({ address }) => address === node.address)
  const silentMs = heard?.multicastMs ?? Infinity
  const isHeard = silentMs <= HEARD_WITHIN_MS
  const hasStopped = !isHeard && silentMs !== Infinity
  const hearsUsBy = waysToUs(other, daemon)
  const hearsUs = hearsUsBy?.includes('multicast')
  return { node, heard, other, isHeard, hasStopped, hearsUsBy, hearsUs }
}

function waysToUs(
  other: OtherNode | undefined,
  { cluster }: Answering,
): readonly string[] | undefined {
  if (other?.kind !== 'answers') return undefined
  const us = other.cluster.nodes.find(({ id }) => id === cluster.node.id)
  return us === undefined ? [] : us.heardBy
}

function deadFinding({ address, lastHeardMs }: ReportedNode): Finding {
  return trouble(
    `${address} is dead: nothing came from it for ${agoText(lastHeardMs)}`,
    `start diststored there; if it will not come back: diststore forget ${address}`,
  )
}

function linkFindings(link: Link): Finding[] {
  const { node, heard, other, isHeard } = link
  const at = node.address
  const found: Finding[] = []
  if (!isHeard) found.push(trouble(`${at} is not heard by multicast${sinceWhen(link)}`, ''))
  if (link.hearsUs === false) found.push(trouble(`${at} does not hear this node by multicast`, ''))
  if (other?.kind === 'silent') {
    const advice = `let the firewalls pass TCP and UDP to ${at}`
    found.push(trouble(`${at} does not answer by HTTP: ${other.sentence}`, advice))
  }
  const lost = lossFinding(link)
  if (lost !== undefined) found.push(lost)
  const clock = clockFinding(at, heard?.clockAheadMs ?? 0)
  if (clock !== undefined) found.push(clock)
  return found.some(({ grade }) => grade === 'trouble') ? found : [ok(linkText(link)), ...found]
}

function sinceWhen({ heard, hasStopped }: Link): string {
  const last = hasStopped ? ` any more, for ${agoText(heard?.multicastMs ?? 0)}` : ''
  return `${last}${isHeardByUnicast(heard) ? '; unicast carries on' : ''}`
}

function isHeardByUnicast(heard: HeardNode | undefined): boolean {
  return (heard?.unicastMs ?? Infinity) <= HEARD_WITHIN_MS
}

/** "10.0.0.2:8181: heard by multicast, 0 % lost; hears this node by multicast; clock 3 ms ahead" */
function linkText({ node, heard, hearsUsBy }: Link): string {
  const here = isHeardByUnicast(heard) ? 'multicast and unicast' : 'multicast'
  const lost = `${percent(heard?.lostShare ?? 0)} lost`
  const back =
    hearsUsBy === undefined
      ? 'does not say whom it hears'
      : `hears this node by ${hearsUsBy.join(' and ')}`
  return `${node.address}: heard by ${here}, ${lost}; ${back}; clock ${clockText(heard?.clockAheadMs ?? 0)}`
}

function lossFinding({ node, heard, isHeard }: Link): Finding | undefined {
  const share = heard?.lostShare ?? 0
  if (!isHeard || share < LOST_SHARE.note) return undefined
  const sentence = `${percent(share)} of the multicast of ${node.address} is lost`
  const advice = 'use a cable in place of Wi-Fi, and look for a switch or a host that is overloaded'
  return share < LOST_SHARE.trouble ? note(sentence, advice) : trouble(sentence, advice)
}

function clockFinding(at: string, aheadMs: number): Finding | undefined {
  if (Math.abs(aheadMs) < CLOCK_MS.note) return undefined
  const sentence = `the clocks of ${at} and of this host differ: it is ${clockText(aheadMs)}`
  const advice = 'set both: timedatectl set-ntp true, or see what chrony says'
  return Math.abs(aheadMs) > CLOCK_MS.trouble ? trouble(sentence, advice) : note(sentence, advice)
}

/** What all the links together tell about the network between the hosts. */
function causeFindings(links: readonly Link[], facts: Facts): Finding[] {
  const told = links.filter(({ hearsUs }) => hearsUs !== undefined)
  const unheard = links.filter(({ isHeard }) => !isHeard)
  const deaf = told.filter(({ hearsUs }) => hearsUs === false)
  if (unheard.length === 0 && deaf.length === 0) return []
  const nothingIn = unheard.length === links.length
  const nothingOut = told.length > 0 && deaf.length === told.length
  if (nothingIn && links.every(({ hasStopped }) => hasStopped)) return [multicastStopped()]
  if (nothingIn && (nothingOut || told.length === 0)) return [noMulticast(facts)]
  if (nothingIn) return [onlyOut(facts)]
  if (nothingOut) return [onlyIn(facts)]
  const some = [...new Set([...unheard, ...deaf].map(({ node }) => node.address))].join(', ')
  return [
    trouble(
      `multicast passes between this host and others, but not all of it to or from ${some}`,
      'run diststore doctor there: the fault is near that host, or on the way to it',
    ),
  ]
}

const QUERIER =
  'turn on an IGMP querier on one switch, or turn IGMP snooping off (on a Linux bridge: ' +
  'ip link set dev BRIDGE type bridge mcast_querier 1, or mcast_snooping 0)'

function multicastStopped(): Finding {
  return trouble(
    'multicast came from every other host and has stopped: so does a switch that snoops IGMP while ' +
      'there is no querier',
    QUERIER,
  )
}

function noMulticast({ place }: Facts): Finding {
  return trouble(
    'no multicast passes between this host and any other',
    `let the firewalls of the hosts pass UDP to ${groupText(place)}; ${QUERIER}; where multicast ` +
      'cannot pass, set node = "HOST:PORT" of one node on the others',
  )
}

function onlyOut({ place }: Facts): Finding {
  return trouble(
    'the others hear the multicast of this host, and none of theirs comes in',
    `let the firewall of this host pass UDP to ${groupText(place)}; ${QUERIER}`,
  )
}

function onlyIn({ place }: Facts): Finding {
  return trouble(
    'multicast comes in, and none of this host reaches the others',
    `let the firewall of this host pass UDP out to ${groupText(place)}; see that interface names ` +
      'the network of the others',
  )
}

function groupText({ group, groupPort }: Facts['place']): string {
  return `${group} port ${groupPort}`
}

/** Whom another node does not hear, besides this one. */
function amongOthers(other: OtherNode, { cluster }: Answering): Finding[] {
  if (other.kind === 'silent') return []
  const isThere = (id: string): boolean =>
    cluster.nodes.some((node) => node.id === id && node.state === 'alive')
  const unheard = other.cluster.nodes.filter(
    ({ id, heardBy }) =>
      id !== cluster.node.id &&
      id !== other.cluster.node.id &&
      isThere(id) &&
      heardBy?.includes('multicast') === false,
  )
  if (unheard.length === 0) return []
  const whom = unheard.map(({ address }) => address).join(', ')
  const advice = 'run diststore doctor on these hosts'
  return [trouble(`${other.address} does not hear ${whom} by multicast`, advice)]
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

function clockText(aheadMs: number): string {
  const ms = Math.abs(aheadMs)
  const time = ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`
  return `${time} ${aheadMs < 0 ? 'behind' : 'ahead'}`
}
