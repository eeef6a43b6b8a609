// Splits and joins `host:port`. Never looks a name up.
import type { Address } from '../core/types.ts'

/** The two halves of an address. The host of `[::1]:80` comes without its brackets. */
export function splitAddress(address: Address): { host: string; port: number } {
  const colon = address.lastIndexOf(':')
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1')
  return { host, port: Number(address.slice(colon + 1)) }
}

/** The address of a host and a port. */
export function joinAddress(host: string, port: number): Address {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
