// Reads a backup part by part, as it comes from a node or a file.
// Never writes anything.
import type { Readable } from 'node:stream'
import type { BackupHead } from '../wire/backup.ts'
import { type BackupPart, BackupReader } from '../wire/backup-reader.ts'

export type GoodPart = Exclude<BackupPart, { kind: 'refused' }>

/** A backup that cannot be used; the message says why, without a subject. */
export class BackupRefused extends Error {
  constructor(reason: string) {
    super(reason)
    this.name = 'BackupRefused'
  }
}

/**
 * The parts of a backup; `onBytes` sees all of its bytes first. Throws BackupRefused, also when it
 * ends too early, or what the stream throws.
 */
export async function* backupParts(
  stream: Readable,
  onBytes: (bytes: Buffer) => Promise<void> | void = () => {},
): AsyncIterable<GoodPart> {
  const reader = new BackupReader()
  for await (const chunk of stream) {
    const bytes: Buffer = chunk
    await onBytes(bytes)
    for (const part of reader.push(bytes)) yield good(part)
  }
  const end = reader.end()
  if (end !== undefined) yield good(end)
}

function good(part: BackupPart): GoodPart {
  if (part.kind === 'refused') throw new BackupRefused(part.reason)
  return part
}

/** "cluster default at 2026-11-21T08:00:00.000Z". */
export function ofWhat({ cluster, at }: BackupHead): string {
  return `cluster ${JSON.stringify(cluster)} at ${at}`
}
