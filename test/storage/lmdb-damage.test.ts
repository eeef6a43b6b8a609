// Damaged bytes in lmdb: an entry reads as missing and is told once; the node's own state ends the
// start. Nothing is guessed, and nothing else is harmed.
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { Test } from 'tap'
import { test } from 'tap'
import type { Conflict } from '../../src/core/conflicts.ts'
import type { ByteTable } from '../../src/storage/entry-table.ts'
import { openEnvironment } from '../../src/storage/lmdb-environment.ts'
import type { Environment } from '../../src/storage/lmdb-environment.ts'
import { openLmdbStore } from '../../src/storage/lmdb-store.ts'
import { StorageError } from '../../src/storage/storage-error.ts'
import type { Store } from '../../src/storage/store.ts'
import { nameOf } from '../../src/core/travel.ts'
import { STATE_ZERO } from '../../src/core/view.ts'
import {
  applied,
  everything,
  hex,
  names,
  NODE,
  plain,
  put,
  value,
} from '../contracts/store-words.ts'
import { flip, optionsFor, removeDir, tamper, temporaryDir } from './lmdb-lab.ts'

const records = ({ data }: Environment): ByteTable => data.records
const values = ({ data }: Environment): ByteTable => data.values
const meta = (environment: Environment): ByteTable => environment.meta

const ENTRIES = [
  value('a', 1),
  value('inline', 2, 'i'.repeat(1000)),
  value('large', 3, 'L'.repeat(50_000)),
  value('z', 4),
]

/** Bytes inside the head of a record (wire/record.ts). */
const VERSION_AT = 3
const VALUE_BYTES_AT = 41

/** A closed store with the entries above in a directory of its own. */
async function filledDir(t: Test): Promise<string> {
  const dir = temporaryDir()
  t.teardown(() => removeDir(dir))
  const store = await openLmdbStore(optionsFor(dir))
  await applied(store, [...ENTRIES.map(put), { kind: 'state', state: STATE_ZERO }])
  await store.close()
  return dir
}

/** Opens it, listening for damage. */
async function opened(dir: string): Promise<{ store: Store; damaged: string[] }> {
  const damaged: string[] = []
  const onDamage = (key: string): void => void damaged.push(key)
  return { store: await openLmdbStore(optionsFor(dir, { onDamage })), damaged }
}

const DAMAGES: {
  title: string
  table: (environment: Environment) => ByteTable
  key: string
  change: (bytes: Buffer) => Buffer | undefined
}[] = [
  { title: 'a value', table: records, key: 'inline', change: (bytes) => flip(bytes, -500) },
  { title: 'a large value', table: values, key: 'large', change: (bytes) => flip(bytes, 9) },
  {
    title: 'a large value, cut',
    table: values,
    key: 'large',
    change: (bytes) => bytes.subarray(1),
  },
  { title: 'a large value, gone', table: values, key: 'large', change: () => undefined },
  { title: 'a head', table: records, key: 'inline', change: (bytes) => flip(bytes, VERSION_AT) },
  {
    title: 'a large head',
    table: records,
    key: 'large',
    change: (bytes) => flip(bytes, VALUE_BYTES_AT),
  },
  {
    title: 'a record, cut',
    table: records,
    key: 'inline',
    change: (bytes) => bytes.subarray(0, 9),
  },
]

void test('a head is told without reading the value, until that is found damaged', async (t) => {
  const dir = await filledDir(t)
  await tamper(dir, { table: values, key: 'large' }, (bytes) => flip(bytes, 9))
  const { store, damaged } = await opened(dir)
  const version = ENTRIES.find((entry) => entry.key === 'large')?.version
  t.equal(store.head('large')?.version, version)
  t.same(damaged, [])
  t.equal(store.get('large'), undefined)
  t.equal(store.head('large'), undefined)
  t.same(damaged, ['large'])
  await store.close()
})

for (const { title, table, key, change } of DAMAGES) {
  void test(`damage to ${title}: its key reads as missing, told once`, async (t) => {
    const dir = await filledDir(t)
    await tamper(dir, { table, key }, change)
    const { store, damaged } = await opened(dir)
    const others = ENTRIES.filter((entry) => entry.key !== key)
    for (let again = 0; again < 2; again++) {
      t.equal(store.get(key), undefined)
      t.same(store.page(everything).items.map(plain), others.map(itemOf))
      for (const entry of others) t.same(plain(store.get(entry.key)), plain(entry))
    }
    t.same(damaged, [key])
    t.equal(store.isDamaged(key), true)
    t.equal(store.isDamaged('a'), false)
    t.equal(store.damaged(9, undefined)[0]?.key, key)
    t.same(store.page(everything).damaged, [key])
    t.same(names(store), ['a', key === 'large' ? 'inline' : 'large', 'z'], 'heads too')
    t.equal(store.keyCount, 3)
    t.equal(store.highestVersion, value('z', 4).version)
    t.equal(hex(store.digest()), await digestOf(t, others), 'the digest of the others')

    const repaired = value(key, 9, 'again')
    await applied(store, [put(repaired)])
    t.same(plain(store.get(key)), plain(repaired))
    t.equal(store.isDamaged(key), false)
    t.same(store.damaged(9, undefined), [])
    t.equal(store.keyCount, 4)
    t.equal(hex(store.digest()), await digestOf(t, [...others, repaired]))
    await store.close()
    const next = await opened(dir)
    t.same(plain(next.store.get(key)), plain(repaired))
    t.same([next.damaged, damaged], [[], [key]])
    await next.store.close()
  })

  void test(`damage to ${title} does not outlive a remove`, async (t) => {
    const dir = await filledDir(t)
    await tamper(dir, { table, key }, change)
    const { store } = await opened(dir)
    await applied(store, [{ kind: 'remove', key }])
    await store.close()
    const next = await opened(dir)
    t.same(
      names(next.store),
      ENTRIES.map((entry) => entry.key).filter((other) => other !== key),
    )
    t.equal(next.store.keyCount, 3)
    t.same(next.damaged, [])
    await next.store.close()
  })
}

for (const { title, table, key, change } of DAMAGES) {
  void test(`damage to ${title}: a page of records names its key, told once`, async (t) => {
    const dir = await filledDir(t)
    await tamper(dir, { table, key }, change)
    const { store, damaged } = await opened(dir)
    const others = ENTRIES.filter((entry) => entry.key !== key)
    for (let again = 0; again < 2; again++) {
      const page = store.page({ ...everything, asRecords: true })
      t.same(page.damaged, [key])
      t.same(
        page.items.map((item) => nameOf(item).key),
        others.map((entry) => entry.key),
      )
    }
    t.same(damaged, [key])
    t.equal(store.keyCount, others.length)
    await store.close()
  })
}

void test('what was read before it was found damaged is counted out once', async (t) => {
  const dir = await filledDir(t)
  const { store, damaged } = await opened(dir)
  t.same(plain(store.get('inline')), plain(value('inline', 2, 'i'.repeat(1000))))
  await tamper(dir, { table: records, key: 'inline' }, (bytes) => flip(bytes, -500))
  store.page(everything)
  t.same(damaged, ['inline'])
  t.equal(store.get('inline'), undefined)
  const repaired = value('inline', 9, 'again')
  await applied(store, [put(repaired)])
  t.equal(store.keyCount, 4)
  const others = ENTRIES.filter(({ key }) => key !== 'inline')
  t.equal(hex(store.digest()), await digestOf(t, [...others, repaired]))
  await store.close()
})

void test('damage to what lost in a merge: it is told, and left out', async (t) => {
  const dir = temporaryDir()
  t.teardown(() => removeDir(dir))
  const store = await openLmdbStore(optionsFor(dir))
  const lineage = { epoch: 1, proposer: NODE }
  const conflicts = ['a', 'b'].map((key): Conflict => {
    return { key, winner: value(key, 9).version, loser: value(key, 1), lineage, atMs: 7 }
  })
  await applied(
    store,
    conflicts.map((conflict) => ({ kind: 'keepConflict', conflict })),
  )
  await store.close()
  const table = ({ conflicts }: Environment): ByteTable => conflicts
  for (const change of [
    (bytes: Buffer) => flip(bytes, -1),
    (bytes: Buffer) => flip(bytes, 4),
    (bytes: Buffer) => bytes.subarray(0, 7),
  ]) {
    await tamper(dir, { table, key: 'a' }, change)
    const told: string[] = []
    const onConflictDamage = (key: string): void => void told.push(key)
    const next = await openLmdbStore(optionsFor(dir, { onConflictDamage }))
    t.same(plain(next.conflicts()), plain(conflicts.slice(1)))
    t.same(told, ['a'])
    await next.close()
  }
})

for (const [name, code] of [
  ['identity', 'meta-damaged'],
  ['state', 'meta-damaged'],
  ['highest', 'meta-damaged'],
] as const) {
  void test(`damage to the ${name} of a store ends its opening with a sentence`, async (t) => {
    const dir = await filledDir(t)
    await tamper(dir, { table: meta, key: name }, (bytes) => flip(bytes, -2))
    const message = `The store's own ${name} is damaged: move the data directory away; the node then starts as a new one and copies what it needs.`
    await t.rejects(openLmdbStore(optionsFor(dir)), { code, message })
    await tamper(dir, { table: meta, key: name }, (bytes) => bytes.subarray(0, 4))
    await t.rejects(openLmdbStore(optionsFor(dir)), { code, message }, 'cut short')
  })
}

void test('entries without an identity end the opening: whose are they?', async (t) => {
  const dir = await filledDir(t)
  await tamper(dir, { table: meta, key: 'identity' }, () => undefined)
  await t.rejects(openLmdbStore(optionsFor(dir)), {
    code: 'meta-damaged',
    message: `The store in ${dir} has entries but does not say whose: move the data directory away; the node then starts as a new one.`,
  })
})

void test('a store that was of a node and reads as empty does not become a new one', async (t) => {
  const dir = await filledDir(t)
  rmSync(join(dir, 'data.mdb'))
  rmSync(join(dir, 'lock.mdb'))
  await t.rejects(openLmdbStore(optionsFor(dir)), {
    code: 'meta-damaged',
    message: `The store in ${dir} was a node's and reads as empty: it is damaged. Look for what changed its files, then move the data directory away; the node then starts as a new one and copies what it needs.`,
  })
})

void test('a directory is one whatever its name; a file is refused with what to do', async (t) => {
  const dir = temporaryDir()
  t.teardown(() => removeDir(dir))
  const named = join(dir, '10.0.0.1-8181')
  const store = await openLmdbStore(optionsFor(named))
  await store.close()
  t.same(readdirSync(named).sort(), ['data.mdb', 'lock.mdb', 'node-id'])
  await t.rejects(openLmdbStore(optionsFor(join(named, 'data.mdb'))), {
    code: 'open-failed',
    message: /is a file: move it away/,
  })
})

void test('a format of another version of the program ends the opening', async (t) => {
  const dir = await filledDir(t)
  await tamper(dir, { table: meta, key: 'identity' }, () => {
    const text = Buffer.from(JSON.stringify({ format: 1, nodeId: NODE, incarnation: 1 }))
    const crc = Buffer.alloc(4)
    crc.writeUInt32LE(crc32(text))
    return Buffer.concat([crc, text])
  })
  await t.rejects(openLmdbStore(optionsFor(dir)), {
    code: 'unknown-format',
    message: 'The store has format 1; this program reads format 3: run the version that wrote it.',
  })
})

void test('a directory that cannot be opened is told with what to do', async (t) => {
  const dir = temporaryDir()
  t.teardown(() => removeDir(dir))
  const file = join(dir, 'file')
  writeFileSync(file, 'no lmdb')
  const error: unknown = await openLmdbStore(optionsFor(join(file, 'below'))).catch(
    (error: unknown) => error,
  )
  t.ok(error instanceof StorageError)
  t.match(error, {
    code: 'open-failed',
    message: /cannot be opened .*: check that the directory is writable/,
  })
})

void test('a store with too many damaged entries does not open, and fails once', async (t) => {
  const dir = temporaryDir()
  t.teardown(() => removeDir(dir))
  const store = await openLmdbStore(optionsFor(dir))
  const entries = Array.from({ length: 10_001 }, (_, n) => value(`k${n}`, n))
  await applied(store, entries.map(put))
  await store.close()
  const { root, data } = openEnvironment(dir)
  await root.batch(() => {
    for (const { key } of entries) void data.records.put(Buffer.from(key), Buffer.from('damaged'))
  })
  await root.close()

  const failures: string[] = []
  let damaged = 0
  const options = optionsFor(dir, {
    onDamage: () => damaged++,
    onFailure: (error) => void failures.push(error.code),
  })
  await t.rejects(openLmdbStore(options), {
    code: 'too-damaged',
    message: `10000 entries of the store in ${dir} are damaged: check the disk and move the data directory away; the node then starts as a new one.`,
  })
  t.same([failures, damaged], [['too-damaged'], 10_001])
})

function itemOf(entry: (typeof ENTRIES)[number]): unknown {
  return plain({ kind: 'entry', entry })
}

async function digestOf(t: Test, entries: typeof ENTRIES): Promise<string> {
  const dir = temporaryDir()
  t.teardown(() => removeDir(dir))
  const store = await openLmdbStore(optionsFor(dir))
  await applied(store, entries.map(put))
  const digest = hex(store.digest())
  await store.close()
  return digest
}
