// Requests that carry forms, and bytes that are hard on them.
import type { RequestInit } from 'node-fetch'

/** The headers of an urlencoded form. */
export const TYPE = { 'content-type': 'application/x-www-form-urlencoded' }

/** Every byte once, one character each. */
export function allBytes(): string {
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join('')
}

export function escapeAll(bytes: Buffer): string {
  return bytes.toString('hex').replace(/../g, '%$&')
}

/** One part of a multipart form; with a type it is a file. The body is one character a byte. */
export function part(name: string, body: string, type?: string): string {
  const file = type === undefined ? '' : `; filename="f"\r\nContent-Type: ${type}`
  return `--X\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n${body}\r\n`
}

export function multipartInit(parts: string[], end = '--X--\r\n'): RequestInit {
  const body = Buffer.from(parts.join('') + end, 'latin1')
  return { method: 'POST', body, headers: { 'content-type': 'multipart/form-data; boundary=X' } }
}

export function jsonInit(body: string | Buffer): RequestInit {
  return { method: 'POST', body, headers: { 'content-type': 'application/json' } }
}
