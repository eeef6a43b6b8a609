// The machine's IPv4 addresses, as the settings want them. Chooses none.
import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import type { InterfaceAddress } from '../config/addresses.ts'

/** Linux only; elsewhere no interface is known to have the default route. */
const ROUTES = '/proc/net/route'

/** Every IPv4 address of every interface that is up, in the system's order. */
export function ipv4Interfaces(): InterfaceAddress[] {
  const byDefault = defaultRoutes(routesText())
  return Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses
      .filter((each) => each.family === 'IPv4')
      .map((each) => ({
        name,
        address: each.address,
        prefixBits: prefixBits(each.netmask),
        isInternal: each.internal,
        hasDefaultRoute: byDefault.has(name),
      })),
  )
}

/** 24 for 255.255.255.0. */
export function prefixBits(netmask: string): number {
  const bits = netmask.split('.').map((octet) => Number(octet).toString(2))
  return bits.join('').replaceAll('0', '').length
}

/** Interfaces with a default route, in the system's table of routes: name, destination, …, mask. */
export function defaultRoutes(table: string): ReadonlySet<string> {
  const rows = table.split('\n').map((line) => line.split('\t'))
  const isDefault = (row: readonly string[]) => row[1] === '00000000' && row[7] === '00000000'
  return new Set(rows.filter(isDefault).map(([name = '']) => name))
}

function routesText(): string {
  try {
    return readFileSync(ROUTES, 'utf8')
  } catch {
    return '' // no Linux, or no /proc: the other signs decide
  }
}
