// What the kernel of this host says about its network: devices, memberships, buffers, drops.
// Reads /proc and /sys; changes nothing. What cannot be read is left out.
import { readdirSync, readFileSync } from 'node:fs'

export interface NetworkDevice {
  readonly name: string
  /** Unit: bytes. */
  readonly mtu: number
  readonly isUp: boolean
  readonly isMulticast: boolean
  /** Set when it is a bridge. */
  readonly bridge: { readonly snoops: boolean; readonly hasQuerier: boolean } | undefined
}

export interface GroupMembership {
  readonly device: string
  readonly group: string
}

export interface UdpSocket {
  readonly host: string
  readonly port: number
  /** Packets that found its buffer full, since it was opened. */
  readonly drops: number
}

export interface HostNetwork {
  readonly devices: readonly NetworkDevice[]
  /** Undefined: the system does not tell. */
  readonly memberships: readonly GroupMembership[] | undefined
  readonly sockets: readonly UdpSocket[]
  /** The largest receive buffer that a program gets. Unit: bytes. */
  readonly receiveBufferMax: number | undefined
}

const SYS_NET = '/sys/class/net'

/** Flags of a device, as the kernel numbers them. */
const IFF_UP = 0x1
const IFF_MULTICAST = 0x1000

export function readHostNetwork(): HostNetwork {
  const igmp = read('/proc/net/igmp')
  const bufferMax = Number(read('/proc/sys/net/core/rmem_max') ?? '')
  return {
    devices: deviceNames().flatMap(readDevice),
    memberships: igmp === undefined ? undefined : parseIgmp(igmp),
    sockets: parseUdp(read('/proc/net/udp') ?? ''),
    receiveBufferMax: bufferMax > 0 ? bufferMax : undefined,
  }
}

/** /proc/net/igmp: a line a device, and under it a line a group, in hex. */
export function parseIgmp(text: string): GroupMembership[] {
  const found: GroupMembership[] = []
  let device = ''
  for (const line of text.split('\n').slice(1)) {
    const named = /^\d+\s+(?<name>\S+)\s*:/.exec(line)?.groups
    const listed = /^\s+(?<group>[0-9A-F]{8})\s/.exec(line)?.groups
    if (named !== undefined) device = named['name'] ?? ''
    if (listed !== undefined) found.push({ device, group: parseHexAddress(listed['group'] ?? '') })
  }
  return found
}

/** /proc/net/udp: the second field is the own address, the last one counts the drops. */
export function parseUdp(text: string): UdpSocket[] {
  return text.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/)
    const own = /^(?<host>[0-9A-F]{8}):(?<port>[0-9A-F]{4})$/.exec(fields[1] ?? '')?.groups
    if (own === undefined) return []
    const host = parseHexAddress(own['host'] ?? '')
    return [{ host, port: Number.parseInt(own['port'] ?? '', 16), drops: Number(fields.at(-1)) }]
  })
}

/** 5149C0EF is 239.192.73.81: the kernel prints the four bytes as a number of this machine. */
function parseHexAddress(hex: string): string {
  return [6, 4, 2, 0].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)).join('.')
}

function deviceNames(): string[] {
  try {
    return readdirSync(SYS_NET)
  } catch {
    return [] // No /sys here: other facts tell what can be told.
  }
}

function readDevice(name: string): NetworkDevice[] {
  const at = `${SYS_NET}/${name}`
  const mtu = Number(read(`${at}/mtu`) ?? '')
  const flags = Number(read(`${at}/flags`) ?? '')
  if (!(mtu > 0)) return [] // Not a device, or gone meanwhile.
  const snooping = read(`${at}/bridge/multicast_snooping`)
  return [
    {
      name,
      mtu,
      isUp: (flags & IFF_UP) !== 0,
      isMulticast: (flags & IFF_MULTICAST) !== 0,
      bridge:
        snooping === undefined
          ? undefined
          : {
              snoops: snooping.trim() !== '0',
              hasQuerier: read(`${at}/bridge/multicast_querier`)?.trim() !== '0',
            },
    },
  ]
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
