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
}

export const LOOPBACK = '127.0.0.1'

/** The address for a node that listens on all: the first that other machines may know. */
export function addressToAnnounce(interfaces: readonly InterfaceAddress[]): string {
  return interfaces.find((each) => !each.isInternal)?.address ?? LOOPBACK
}

/** The interface with this name or address; undefined when there is none. */
export function interfaceNamed(
  text: string,
  interfaces: readonly InterfaceAddress[],
): string | undefined {
  const named = interfaces.find((each) => each.name === text)
  if (named !== undefined) return named.address
  return interfaces.some((each) => isOn(text, each)) ? text : undefined
}

/** The interface whose subnet holds the address; undefined when there is none. */
export function interfaceOf(
  address: string,
  interfaces: readonly InterfaceAddress[],
): string | undefined {
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

function sharesSubnet(address: string, other: InterfaceAddress): boolean {
  const hostBits = 2 ** (32 - other.prefixBits)
  const subnet = (text: string) => Math.floor(addressNumber(text) / hostBits)
  return subnet(address) === subnet(other.address)
}

function addressNumber(address: string): number {
  return address.split('.').reduce((number, octet) => number * 256 + Number(octet), 0)
}
