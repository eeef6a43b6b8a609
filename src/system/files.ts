// Reads small text files whole. Never writes.
import { readFileSync } from 'node:fs'
import type { FileText } from '../config/file.ts'

/** The file's text, or why there is none. Never throws. */
export function readTextFile(path: string): FileText {
  try {
    return { kind: 'text', text: readFileSync(path, 'utf8') }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    return code === 'ENOENT' ? { kind: 'absent' } : { kind: 'unreadable', reason }
  }
}
