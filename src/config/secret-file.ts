// The secrets of the cluster, one a line of a file that only its owner may read.
// No sentence from here holds a part of a secret.
import { type Bad, bad } from './bad.ts'

export type SecretText =
  /** `mode` has the permission bits. */
  | { readonly kind: 'text'; readonly text: string; readonly mode: number }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unreadable'; readonly reason: string }

export type ReadSecretFile = (path: string) => SecretText

export type Secrets = { readonly kind: 'secrets'; readonly secrets: readonly Uint8Array[] } | Bad

/** A shorter one could be guessed. Unit: bytes. */
const SECRET_BYTES_MIN = 32

/** A longer one is some other file. Unit: bytes. */
const SECRET_BYTES_MAX = 1024

/** Secrets in one file. Unit: secrets. A rotation needs two. */
const SECRETS_MAX = 8

/** Permissions of group and others. */
const FOR_OTHERS = 0o077

const HEX = /^(?:[0-9a-fA-F]{2})+$/
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/

/** The secrets of a file in their order: all are accepted, the first one signs. */
export function readSecrets(path: string, read: ReadSecretFile): Secrets {
  const file = read(path)
  if (file.kind === 'absent') {
    return bad(`there is no secret file ${path}; make one: ${howToMake(path)}`)
  }
  if (file.kind === 'unreadable')
    return bad(`the secret file ${path} cannot be read: ${file.reason}`)
  if ((file.mode & FOR_OTHERS) !== 0) {
    const mode = file.mode.toString(8).padStart(3, '0')
    return bad(`the secret file ${path} is open to others (mode ${mode}): run chmod 600 ${path}`)
  }
  return parseSecrets(file.text, path)
}

function parseSecrets(text: string, path: string): Secrets {
  const secrets: Buffer[] = []
  for (const [index, line] of text.split('\n').entries()) {
    const secret = parseLine(line.trim())
    if (secret === undefined) continue
    const where = `line ${index + 1} of the secret file ${path}`
    if (typeof secret === 'string') return bad(`${where} ${secret}`)
    if (secrets.some((other) => other.equals(secret))) return bad(`${where} repeats a secret`)
    secrets.push(secret)
  }
  if (secrets.length === 0) {
    return bad(`the secret file ${path} holds no secret; make one: ${howToMake(path)}`)
  }
  if (secrets.length > SECRETS_MAX) {
    return bad(`the secret file ${path} holds more than ${SECRETS_MAX} secrets: remove old ones`)
  }
  return { kind: 'secrets', secrets }
}

/** The secret, what is wrong with the line, or undefined for a line without one. */
function parseLine(line: string): Buffer | string | undefined {
  if (line === '' || line.startsWith('#')) return undefined
  const secret = HEX.test(line)
    ? Buffer.from(line, 'hex')
    : BASE64.test(line)
      ? Buffer.from(line, 'base64')
      : undefined
  if (secret === undefined) return 'is neither hex nor base64'
  if (secret.length < SECRET_BYTES_MIN) {
    return `has ${secret.length} bytes; a secret needs at least ${SECRET_BYTES_MIN}`
  }
  if (secret.length > SECRET_BYTES_MAX) {
    return `has ${secret.length} bytes; a secret has at most ${SECRET_BYTES_MAX}`
  }
  return secret
}

function howToMake(path: string): string {
  return `(umask 077; openssl rand -hex 32 > ${path})`
}
