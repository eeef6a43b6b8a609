// The text form of an address as it may come from another node.
import { ADDRESS_BYTES_MAX } from './limits.ts'

const ADDRESS = /^[\x21-\x7e]{1,249}:[0-9]{1,5}$/

/** Whether a text can be `host:port`: printable ASCII, a port of 1 to 65535. Resolves nothing. */
export function isAddress(text: string): boolean {
  if (text.length > ADDRESS_BYTES_MAX || !ADDRESS.test(text)) return false
  const port = Number(text.slice(text.lastIndexOf(':') + 1))
  return port > 0 && port < 65_536
}
