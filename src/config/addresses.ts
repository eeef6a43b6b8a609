// Works out which address to announce and which interface carries the multicast.
// Never looks at the machine: the interfaces come in as an argument.
import { isIPv4 } from 'node:net'

/** One IPv4 address of one network interface. */
export interface InterfaceAddress {
  readonly name: string
  readonly address: string
  /** Length of the subnet's prefix: 24 for 255.255.255.0. */
  readonly prefixBits: number
  /** Loopback: every address of its subnet belongs to this machine. */
  readonly isInternal: boolean
  /** What goes to no network that the machine knows leaves by this interface. */
  readonly hasDefaultRoute: boolean
}

/** Where a node is: the address that others are told, and the interface that its multicast uses. */
export interface Place {
  readonly announceHost: string
  /** The interface, named by its address. */
  readonly interfaceAddress: string
}

/** What an operator said about it; undefined: nothing. */
export interface PlaceWish {
  readonly host: string | undefined
  /** By name or address. */
  readonly interface: string | undefined
}

export const LOOPBACK = '127.0.0.1'

/**
 * Where a node is on a machine with these interfaces. Undefined: the machine has not what the wish
 * names. Without a wish it is where the best interface is, or on loopback.
 *
 * With an interface named and no host, the interface's address is announced: who names an interface
 * means that network.
 */
export function placeOf(
  wish: PlaceWish,
  interfaces: readonly InterfaceAddress[],
): Place | undefined {
  if (wish.interface !== undefined) {
    const interfaceAddress = interfaceNamed(wish.interface, interfaces)
    if (interfaceAddress === undefined) return undefined
    return { announceHost: wish.host ?? interfaceAddress, interfaceAddress }
  }
  if (wish.host !== undefined) {
    const interfaceAddress = interfaceOf(wish.host, interfaces)
    if (interfaceAddress === undefined) return undefined
    return { announceHost: wish.host, interfaceAddress }
  }
  const address = bestInterface(interfaces)?.address ?? LOOPBACK
  return { announceHost: address, interfaceAddress: address }
}

/** The interface that most likely leads to the other nodes: the first of those with the least rank. */
function bestInterface(interfaces: readonly InterfaceAddress[]): InterfaceAddress | undefined {
  return interfaces.reduce<InterfaceAddress | undefined>(
    (best, each) => (best !== undefined && rankOf(best) <= rankOf(each) ? best : each),
    undefined,
  )
}

/**
 * How well an interface suits; less is better. What counts most comes first: loopback is the last
 * resort, then what programs make for themselves, then addresses that nobody gave out or that the
 * whole internet reaches, then interfaces without the default route.
 */
export function rankOf({ name, address, isInternal, hasDefaultRoute }: InterfaceAddress): number {
  const flaws = [
    isInternal,
    VIRTUAL.test(name),
    address.startsWith('169.254.'),
    !isPrivate(address),
    !hasDefaultRoute,
  ]
  return flaws.reduce((rank, isFlawed) => 2 * rank + Number(isFlawed), 0)
}

/** Other hosts may be on it: it is no loopback, and none of what programs make for themselves. */
export function isLan({ name, isInternal }: InterfaceAddress): boolean {
  return !isInternal && !VIRTUAL.test(name)
}

/** Bridges of containers and virtual machines, tunnels. On a host of their own they are the rest. */
const VIRTUAL =
  /^(docker|br-[0-9a-f]{12}$|veth|virbr|vmnet|vboxnet|lxcbr|lxdbr|incusbr|podman|cni|cali|flannel|kube|tun|tap|wg|tailscale|zt|ppp)/

/** Addresses of local networks, those of link-local ones and of carriers included. */
const PRIVATE: readonly (readonly [string, number])[] = [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
]

function isPrivate(address: string): boolean {
  return PRIVATE.some(([subnet, prefixBits]) =>
    sharesSubnet(address, { address: subnet, prefixBits }),
  )
}

/** The interface with this name or address; undefined when there is none. */
function interfaceNamed(text: string, interfaces: readonly InterfaceAddress[]): string | undefined {
  const named = interfaces.find((each) => each.name === text)
  if (named !== undefined) return named.address
  return interfaces.some((each) => isOn(text, each)) ? text : undefined
}

/** The interface whose subnet holds the address; undefined when there is none. */
function interfaceOf(address: string, interfaces: readonly InterfaceAddress[]): string | undefined {
  if (interfaces.some((each) => isOn(address, each))) return address
  return interfaces.find((each) => sharesSubnet(address, each))?.address
}

/** The interfaces in words, for a sentence that asks to choose one. */
export function describeInterfaces(interfaces: readonly InterfaceAddress[]): string {
  return interfaces.map((each) => `${each.name} ${each.address}/${each.prefixBits}`).join(', ')
}

/** Whether the address is one of the interface's own. */
function isOn(address: string, on: InterfaceAddress): boolean {
  return address === on.address || (on.isInternal && isIPv4(address) && sharesSubnet(address, on))
}

function sharesSubnet(
  address: string,
  other: Pick<InterfaceAddress, 'address' | 'prefixBits'>,
): boolean {
  const hostBits = 2 ** (32 - other.prefixBits)
  const subnet = (text: string) => Math.floor(addressNumber(text) / hostBits)
  return subnet(address) === subnet(other.address)
}

function addressNumber(address: string): number {
  return address.split('.').reduce((number, octet) => number * 256 + Number(octet), 0)
}
