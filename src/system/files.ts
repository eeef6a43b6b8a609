// Small text files that are read whole, and new files that appear only when they are whole.
import { once } from 'node:events'
import {
  closeSync,
  createWriteStream,
  fstatSync,
  openSync,
  readFileSync,
  type WriteStream,
} from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { finished } from 'node:stream/promises'
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

/** What only root and its owner may read: it may hold anything that people stored. */
const NEW_FILE_MODE = 0o600

/**
 * Opens a file beside `path`. `keep` ends and flushes it and gives it the name, in place of what had
 * it before; `discard` removes it. Rejects with the system's error, as `keep` does.
 */
export async function newFile(path: string): Promise<{
  readonly stream: WriteStream
  readonly keep: () => Promise<void>
  readonly discard: () => Promise<void>
}> {
  const partPath = `${path}.part`
  const stream = createWriteStream(partPath, { mode: NEW_FILE_MODE, flush: true })
  await once(stream, 'open')
  return {
    stream,
    keep: async () => {
      stream.end()
      await finished(stream)
      await rename(partPath, path)
    },
    discard: async () => {
      stream.on('error', ignore).destroy()
      await rm(partPath, { force: true })
    },
  }
}

/** What is thrown away may have failed before. */
function ignore(): void {}

function noText(error: unknown): Exclude<FileText, { kind: 'text' }> {
  const reason = error instanceof Error ? error.message : String(error)
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ENOENT' ? { kind: 'absent' } : { kind: 'unreadable', reason }
}
