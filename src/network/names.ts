// Finds the IPv4 address of a host name. Never throws, and keeps nothing.
import { lookup } from 'node:dns/promises'
import { isIPv4 } from 'node:net'

/** The address, or undefined: nobody knows the name, or nobody could be asked. */
export async function addressOfHost(host: string): Promise<string | undefined> {
  if (isIPv4(host)) return host
  try {
    const { address } = await lookup(host, { family: 4 })
    return address
  } catch {
    return undefined
  }
}
