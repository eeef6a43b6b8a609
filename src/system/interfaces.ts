// The machine's IPv4 addresses, as the settings want them. Chooses none.
import { networkInterfaces } from 'node:os'
import type { InterfaceAddress } from '../config/addresses.ts'

/** Every IPv4 address of every interface that is up, in the system's order. */
export function ipv4Interfaces(): InterfaceAddress[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses
      .filter((each) => each.family === 'IPv4')
      .map((each) => ({
        name,
        address: each.address,
        prefixBits: prefixBits(each.netmask),
        isInternal: each.internal,
      })),
  )
}

/** 24 for 255.255.255.0. */
export function prefixBits(netmask: string): number {
  const bits = netmask.split('.').map((octet) => Number(octet).toString(2))
  return bits.join('').replaceAll('0', '').length
}
