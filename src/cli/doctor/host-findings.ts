// What is to say about this host: its node, its devices, its buffers.
// A function from facts to sentences; asks nobody.
import type { InterfaceAddress } from '../../config/addresses.ts'
import { placeOf } from '../../config/addresses.ts'
import type { NetworkDevice } from '../../network/host-network.ts'
import { type Facts, type Finding, note, ok, trouble } from './facts.ts'
import { BUFFER_BYTES_ENOUGH, HEARD_WITHIN_MS, PACKET_BYTES_MAX } from './limits.ts'
import { RECEIVE_BUFFER_BYTES } from '../../network/limits.ts'

export function hostFindings(facts: Facts): Finding[] {
  return [
    daemonFinding(facts),
    ...groupAddresses(facts).flatMap((address) => interfaceFindings(facts, address)),
    ...ownMulticastFindings(facts),
    bufferFinding(facts),
    ...dropFindings(facts),
  ]
}

function daemonFinding({ daemon }: Facts): Finding {
  if (daemon.kind === 'silent') {
    const advice = 'start it: systemctl start diststored; its log says why it does not start'
    return trouble(`the node of this host does not run: ${daemon.sentence}`, advice)
  }
  const { network, cluster } = daemon
  const alive = cluster.nodes.filter(({ state }) => state === 'alive').length
  const nodes = `${alive} node${alive === 1 ? '' : 's'} alive`
  return ok(
    `the node ${network.node.address} answers: cluster ${quoted(network.cluster)}, ${nodes}`,
  )
}

/** Addresses of the interfaces that multicast uses, or would. */
function groupAddresses({ daemon, place }: Facts): string[] {
  if (daemon.kind === 'silent') return [place.interfaceAddress]
  return daemon.network.interfaces.map(({ address }) => address)
}

function interfaceFindings(facts: Facts, address: string): Finding[] {
  const { place, host } = facts
  const named = interfaceFor(address, facts.interfaces)
  const device = host.devices.find(({ name }) => name === named?.name)
  const cannotJoin = joinTrouble(facts, address)
  if (cannotJoin !== undefined) {
    const what = `the group ${place.group} cannot be joined on ${address} (${cannotJoin})`
    return [
      trouble(what, `see whether that interface is up (ip address), or set interface to another`),
    ]
  }
  if (named === undefined || device === undefined) {
    return [note(`multicast uses ${address}, of which the system says nothing`, 'see ip address')]
  }
  const found = [...deviceTroubles(device, named), ...bridgeFindings(device)]
  const isMember = host.memberships?.some(
    ({ device: name, group }) => name === device.name && group === place.group,
  )
  if (facts.daemon.kind === 'answers' && isMember === false) {
    found.push(
      trouble(
        `the system does not count ${device.name} as a member of ${place.group}`,
        'restart the node: diststored joins the group when it starts, and again every minute',
      ),
    )
  }
  const joined = `multicast uses ${device.name} (${address}, MTU ${device.mtu}), group ${place.group}`
  return found.some(({ grade }) => grade === 'trouble') ? found : [ok(joined), ...found]
}

function joinTrouble({ daemon, listened }: Facts, address: string): string | undefined {
  if (daemon.kind === 'silent') return listened.trouble
  const joined = daemon.network.interfaces.find((each) => each.address === address)
  return joined?.trouble ?? undefined
}

function deviceTroubles(device: NetworkDevice, { isInternal }: InterfaceAddress): Finding[] {
  const { name, mtu, isUp, isMulticast } = device
  const found: Finding[] = []
  if (!isUp) found.push(trouble(`${name} is down`, `run: ip link set dev ${name} up`))
  // The loopback device carries multicast without saying so.
  if (!isMulticast && !isInternal) {
    found.push(trouble(`${name} takes no multicast`, `run: ip link set dev ${name} multicast on`))
  }
  if (mtu < PACKET_BYTES_MAX) {
    found.push(
      trouble(
        `the MTU of ${name} is ${mtu}: packets of up to ${PACKET_BYTES_MAX} bytes do not fit`,
        `run: ip link set dev ${name} mtu 1500, here and wherever else it is less`,
      ),
    )
  }
  return found
}

function bridgeFindings({ name, bridge }: NetworkDevice): Finding[] {
  if (bridge === undefined || !bridge.snoops || bridge.hasQuerier) return []
  return [
    note(
      `the bridge ${name} of this host snoops IGMP and is no querier: multicast may stop after minutes`,
      `run: ip link set dev ${name} type bridge mcast_querier 1`,
    ),
  ]
}

function ownMulticastFindings({ daemon, place }: Facts): Finding[] {
  if (daemon.kind === 'silent') return []
  const { network } = daemon
  const own = network.nodes.find(({ id }) => id === network.node.id)
  const silentMs = own?.multicastMs ?? Infinity
  if (silentMs <= HEARD_WITHIN_MS) return []
  return [
    trouble(
      'this node does not hear its own multicast: this host itself drops it',
      `let its firewall pass UDP to ${place.group} port ${place.groupPort}, in and out`,
    ),
  ]
}

/** What the system grants by default is enough for most: small is worth a word, lost is trouble. */
function bufferFinding({ daemon, host, dropsBefore }: Facts): Finding {
  const asked =
    daemon.kind === 'answers' ? daemon.network.receiveBuffer.asked : RECEIVE_BUFFER_BYTES
  const granted =
    daemon.kind === 'answers'
      ? daemon.network.receiveBuffer.granted
      : Math.min(asked, host.receiveBufferMax ?? asked)
  if (granted >= asked) return ok(`the receive buffer has the ${sizeText(asked)} asked for`)
  const max = host.receiveBufferMax
  const limit = max === undefined ? '' : ` (net.core.rmem_max is ${max})`
  const sentence = `the receive buffer has ${sizeText(granted)} of ${sizeText(asked)} asked for${limit}`
  const advice =
    `put "net.core.rmem_max = ${asked}" into /etc/sysctl.d/50-diststore.conf, ` +
    'run sysctl --system, and restart the node'
  if (dropsBefore > 0) {
    const lost = `${packetsText(dropsBefore)} found it full since the node started`
    return trouble(`${sentence}: ${lost}`, advice)
  }
  const isSmall = granted < BUFFER_BYTES_ENOUGH
  return note(isSmall ? `${sentence}: a large burst of packets would be lost` : sentence, advice)
}

function dropFindings({ dropsMeanwhile, listened }: Facts): Finding[] {
  if (dropsMeanwhile === 0) return []
  return [
    trouble(
      `${packetsText(dropsMeanwhile)} found the receive buffer full within ${listened.forMs / 1000} s`,
      'give the node a larger receive buffer or more of a processor: it reads too slowly',
    ),
  ]
}

function interfaceFor(
  address: string,
  interfaces: readonly InterfaceAddress[],
): InterfaceAddress | undefined {
  return (
    interfaces.find((each) => each.address === address) ??
    interfaces.find(
      (each) => placeOf({ host: address, interface: undefined }, [each]) !== undefined,
    )
  )
}

function packetsText(count: number): string {
  return `${count} packet${count === 1 ? '' : 's'}`
}

function sizeText(bytes: number): string {
  return bytes >= 1024 * 1024
    ? `${Math.round(bytes / 1024 / 1024)} MiB`
    : `${Math.round(bytes / 1024)} KiB`
}

export function quoted(text: string): string {
  return JSON.stringify(text)
}
