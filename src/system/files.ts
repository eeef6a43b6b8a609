// Reads small text files whole. Never writes.
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import type { FileText } from '../config/file.ts'
import type { SecretText } from '../config/secret-file.ts'

/** A larger file is no list of secrets. Unit: bytes. */
const SECRET_FILE_BYTES_MAX = 64 * 1024

/** The file's text, or why there is none. Never throws. */
export function readTextFile(path: string): FileText {
  try {
    return { kind: 'text', text: readFileSync(path, 'utf8') }
  } catch (error) {
    return noText(error)
  }
}

/** The same, with the permissions of just the file whose text it is. */
export function readSecretFile(path: string): SecretText {
  try {
    const file = openSync(path, 'r')
    try {
      const { mode, size } = fstatSync(file)
      if (size > SECRET_FILE_BYTES_MAX) {
        return { kind: 'unreadable', reason: `it has more than ${SECRET_FILE_BYTES_MAX} bytes` }
      }
      return { kind: 'text', text: readFileSync(file, 'utf8'), mode: mode & 0o777 }
    } finally {
      closeSync(file)
    }
  } catch (error) {
    return noText(error)
  }
}

function noText(error: unknown): Exclude<FileText, { kind: 'text' }> {
  const reason = error instanceof Error ? error.message : String(error)
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ENOENT' ? { kind: 'absent' } : { kind: 'unreadable', reason }
}
