// Backups as bytes: what was written comes out, and no changed or missing byte gets through.
import t from 'tap'
import {
  BACKUP_FORMAT,
  BACKUP_MAGIC,
  type BackupEntry,
  BackupWriter,
} from '../../src/wire/backup.ts'
import { type BackupPart, BackupReader } from '../../src/wire/backup-reader.ts'

const HEAD = {
  cluster: 'default',
  node: '00000000000000aa',
  stream: '3.00000000000000aa',
  committed: 7,
  at: '2026-11-21T08:00:00.000Z',
  keys: 3,
}

function entry(key: string, more: Partial<BackupEntry> = {}): BackupEntry {
  const version = '018bcfe568000000-00000000000000aa'
  const bytes = Buffer.from('value')
  return { key, version, expiresAtMs: undefined, contentType: 'text/plain', bytes, ...more }
}

const ENTRIES: readonly BackupEntry[] = [
  entry('a', { expiresAtMs: 1_700_000_000_123 }),
  entry('\u{1f600}\n', { contentType: '', bytes: Buffer.alloc(0) }),
  entry('x'.repeat(511), { contentType: 'x'.repeat(255), bytes: Buffer.from([0, 255, 10, 13]) }),
]

function backup(...frames: readonly (readonly BackupEntry[])[]): Buffer {
  const writer = new BackupWriter()
  const start = writer.start(HEAD)
  return Buffer.concat([start, ...frames.map((each) => writer.entries(each)), writer.end()])
}

/** Reads a file in pieces of this size. */
function partsOf(file: Buffer, piece: number): BackupPart[] {
  const reader = new BackupReader()
  const parts: BackupPart[] = []
  for (let at = 0; at < file.length; at += piece) {
    parts.push(...reader.push(file.subarray(at, at + piece)))
  }
  const end = parts.some(({ kind }) => kind === 'refused') ? undefined : reader.end()
  return end === undefined ? parts : [...parts, end]
}

function reasonOf(file: Buffer, piece = 1000): string | undefined {
  const last = partsOf(file, piece).at(-1)
  return last?.kind === 'refused' ? last.reason : undefined
}

t.test('what was written is read, in pieces of any size', async (t) => {
  const file = backup(ENTRIES.slice(0, 2), ENTRIES.slice(2))
  const expected = [
    { kind: 'head', head: HEAD },
    { kind: 'entries', entries: ENTRIES.slice(0, 2) },
    { kind: 'entries', entries: ENTRIES.slice(2) },
    { kind: 'end', entries: 3, valueBytes: 9 },
  ]
  for (const piece of [1, 2, 7, 100, file.length])
    t.same(partsOf(file, piece), expected, `${piece}`)
  t.same(partsOf(backup(), 1000), [expected[0], { kind: 'end', entries: 0, valueBytes: 0 }])
})

t.test('a backup with any byte changed is refused', async (t) => {
  const file = backup(ENTRIES.slice(0, 2))
  for (let at = 0; at < file.length; at++) {
    const changed = Buffer.from(file)
    changed[at] = (changed[at] ?? 0) ^ 1
    if (reasonOf(changed) === undefined) t.fail(`byte ${at} may be changed`)
  }
  t.match(reasonOf(Buffer.concat([file, Buffer.from('x')])), /more bytes follow the end/)
})

t.test('a backup that was cut off anywhere is refused', async (t) => {
  const file = backup(ENTRIES)
  for (let length = 0; length < file.length; length++) {
    if (reasonOf(file.subarray(0, length)) === undefined) t.fail(`${length} bytes are enough`)
  }
  t.match(reasonOf(file.subarray(0, 100)), /^it ends at byte 100, in the middle/)
})

t.test('a frame that is missing or doubled is found by the end', async (t) => {
  const writer = new BackupWriter()
  const pieces = [writer.start(HEAD), writer.entries([entry('a')]), writer.entries([entry('b')])]
  const [start = Buffer.alloc(0), a = Buffer.alloc(0), b = Buffer.alloc(0)] = pieces
  const end = writer.end()
  t.equal(reasonOf(Buffer.concat([start, a, b, end])), undefined)
  t.match(reasonOf(Buffer.concat([start, a, end])), /has 1 entries, and says 2/)
  t.match(reasonOf(Buffer.concat([start, b, a, end])), /does not match its digest/)
  t.match(reasonOf(Buffer.concat([start, a, a, end])), /does not match its digest/)
})

t.test('what is no backup, a newer format, and a backup that failed are named', async (t) => {
  const file = backup()
  t.equal(reasonOf(Buffer.from('PK\x03\x04 something else')), 'it is no backup of diststore')
  t.equal(reasonOf(Buffer.from(file.toString('latin1'), 'utf8')), 'it is no backup of diststore')
  file.writeUInt16BE(BACKUP_FORMAT + 1, BACKUP_MAGIC.length)
  t.match(reasonOf(file), /^it has format 2, and this diststore reads up to 1: /)
  const writer = new BackupWriter()
  const failed = Buffer.concat([writer.start(HEAD), writer.failed('the disk is damaged')])
  t.equal(reasonOf(failed), 'the disk is damaged')
})

t.test('a length that nobody wrote costs no memory', async (t) => {
  const file = backup().subarray(0, 15)
  file.writeUInt32BE(0xffffffff, 11)
  t.match(reasonOf(file), /damaged at byte 10: a frame has an impossible length/)
})
