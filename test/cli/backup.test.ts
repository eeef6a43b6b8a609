// backup and restore between files and a real server before a fake node.
import { createReadStream, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { newFile } from '../../src/system/files.ts'
import { type BackupEntry, BackupWriter } from '../../src/wire/backup.ts'
import { startServer } from '../http/setup.ts'
import { diststore, type TerminalOptions } from './terminal.ts'

const NOW_MS = 1_700_000_000_000
const HEAD = { cluster: 'c', node: 'n', stream: 's', committed: 2, at: 'then', keys: 2 }
const OLD = '0000000000000001-00000000000000aa'
const NEW = 'ffffffffffffffff-00000000000000aa'

function entry(key: string, value: string, more: Partial<BackupEntry> = {}): BackupEntry {
  const common = { version: OLD, expiresAtMs: undefined, contentType: 'text/x' }
  return { key, bytes: Buffer.from(value), ...common, ...more }
}

function file(...entries: readonly BackupEntry[]): Buffer {
  const writer = new BackupWriter()
  return Buffer.concat([writer.start(HEAD), writer.entries(entries), writer.end()])
}

async function* inPieces(bytes: Buffer, piece = 50): AsyncIterable<Buffer> {
  for (let at = 0; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece)
}

type Test = Parameters<typeof startServer>[0] & { testdir(): string }

async function lab(t: Test) {
  const { node, port } = await startServer(t)
  node.now = NOW_MS
  const dir = t.testdir()
  const options: TerminalOptions = {
    env: { DISTSTORE_URL: `127.0.0.1:${port}` },
    createFile: newFile,
    openFile: createReadStream,
    nowMs: NOW_MS,
  }
  const path = join(dir, 'backup')
  const run = (...words: string[]) => diststore(words, options)
  const value = (key: string) => {
    const content = node.entries.get(key)?.content
    return content?.kind === 'value' ? Buffer.from(content.bytes).toString() : undefined
  }
  const put = (key: string, text: string) => run('put', key, text)
  return { node, dir, path, run, value, put, options }
}

t.test('a backup is written as it comes, checked, and then has its name', async (t) => {
  const { node, dir, path, run } = await lab(t)
  const bytes = file(entry('a', '1'), entry('b', '2'.repeat(300)))
  node.backups = { kind: 'backup', pieces: inPieces(bytes) }
  const sentence = `2 keys, ${bytes.length} B: cluster "c" at then\n`
  t.strictSame(await run('backup', path), { code: 0, stdout: '', stderr: sentence })
  t.same(readFileSync(path), bytes)
  t.same(readdirSync(dir), ['backup'])
  node.backups = { kind: 'backup', pieces: inPieces(bytes) }
  const piped = await run('backup', '-')
  t.equal(piped.stderr, sentence)
  t.equal(piped.stdout, bytes.toString())
})

t.test('a backup gives way to what else the host has to do', async (t) => {
  const { node, path, options } = await lab(t)
  node.backups = { kind: 'backup', pieces: inPieces(file(entry('a', '1'))) }
  let gaveWay = 0
  await diststore(['backup', path], { ...options, giveWay: () => gaveWay++ })
  t.equal(gaveWay, 1)
})

t.test('a backup that is not whole leaves the earlier file as it was', async (t) => {
  const { node, dir, path, run } = await lab(t)
  writeFileSync(path, 'before')
  const bytes = file(entry('a', '1'))
  const failing = new BackupWriter()
  const failed = Buffer.concat([failing.start(HEAD), failing.failed('the disk is damaged')])
  const cases: readonly (readonly [Buffer, RegExp])[] = [
    [bytes.subarray(0, -1), /of no use: it ends at byte \d+, in the middle/],
    [failed, /of no use: the disk is damaged/],
  ]
  for (const [answer, stderr] of cases) {
    node.backups = { kind: 'backup', pieces: inPieces(answer) }
    t.match(await run('backup', path), { code: 3, stdout: '', stderr })
    t.equal(readFileSync(path, 'utf8'), 'before')
    t.same(readdirSync(dir), ['backup'])
  }
})

t.test('a node that is not the one to ask says so', async (t) => {
  const { node, path, run } = await lab(t)
  node.backups = { kind: 'elsewhere', reason: 'Ask another.' }
  t.match(await run('backup', path), { code: 4, stderr: 'diststore: Ask another.\n' })
  node.backups = { kind: 'notNow', reason: 'Wait.' }
  t.match(await run('backup', path), { code: 3, stderr: 'diststore: Wait.\n' })
  t.notOk(existsSync(path) || existsSync(`${path}.part`))
  t.match(await run('backup', join(path, 'x')), { code: 2, stderr: /cannot be written: ENOENT/ })
})

t.test('restore brings back keys, values, types and ends', async (t) => {
  const { node, path, run, value } = await lab(t)
  const odd = '\u{1f600}/../ %\n'
  writeFileSync(
    path,
    file(
      entry(odd, 'odd'),
      entry('ends', '1', { expiresAtMs: NOW_MS + 1500 }),
      entry('ended', '1', { expiresAtMs: NOW_MS }),
      entry('empty', '', { contentType: 'text/html; charset=utf-8' }),
    ),
  )
  const ran = await run('restore', path)
  t.strictSame(ran, {
    code: 0,
    stdout: `${path} is whole: 4 keys of cluster "c" at then\nrestored 3 keys, 1 had ended\n`,
    stderr: '',
  })
  t.same([...node.entries.keys()].sort(), ['empty', 'ends', odd].sort())
  t.equal(value(odd), 'odd')
  t.equal(node.entries.get('ends')?.expiresAtMs, NOW_MS + 1500)
  t.match(node.entries.get('empty')?.content, { contentType: 'text/html; charset=utf-8' })
})

t.test('what is there stays, gives way to what is newer, or is overwritten', async (t) => {
  const { node, path, run, value, put } = await lab(t)
  writeFileSync(
    path,
    file(
      entry('old', 'b', { version: OLD }),
      entry('new', 'b', { version: NEW }),
      entry('no', 'b'),
    ),
  )
  const values = () => ['old', 'new', 'no'].map(value)
  const reset = async () => {
    node.entries.clear()
    await put('old', 'mine')
    await put('new', 'mine')
  }
  await reset()
  t.match(await run('restore', path), { code: 0, stdout: /restored 1 key, left 2 as they were\n$/ })
  t.same(values(), ['mine', 'mine', 'b'])
  await reset()
  t.match(await run('restore', path, '--newer'), { stdout: /restored 2 keys, left 1 as they were/ })
  t.same(values(), ['mine', 'b', 'b'])
  await reset()
  const ran = await run('restore', path, '--overwrite', '--json')
  t.same(JSON.parse(ran.stdout), { restored: 3, kept: 0, ended: 0 })
  t.same(values(), ['b', 'b', 'b'])
  t.match(await run('restore', path, '--newer', '--overwrite'), { code: 2, stderr: /one of them/ })
})

t.test('of a file that is damaged, cut off, newer or none, nothing is written', async (t) => {
  const { node, path, run } = await lab(t)
  const good = file(entry('a', '1'), entry('b', '2'))
  const flipped = Buffer.from(good)
  flipped.writeUInt8(1 ^ flipped.readUInt8(good.length - 60), good.length - 60)
  const newer = Buffer.from(good)
  newer.writeUInt16BE(2, 8)
  const cases: readonly (readonly [Buffer, RegExp])[] = [
    [flipped, /cannot be restored: it is damaged at byte \d+: .*; nothing was written/],
    [good.subarray(0, -5), /cannot be restored: it ends at byte \d+, in the middle/],
    [newer, /cannot be restored: it has format 2/],
    [Buffer.from('hello'), /cannot be restored: it is no backup of diststore/],
    [Buffer.alloc(0), /cannot be restored: it ends at byte 0/],
  ]
  for (const [bytes, stderr] of cases) {
    writeFileSync(path, bytes)
    t.match(await run('restore', path), { code: 4, stderr })
  }
  t.match(await run('restore', `${path}x`), { code: 2, stderr: /cannot be read: ENOENT/ })
  t.match(await run('restore', '-'), { code: 2, stderr: /read twice/ })
  t.same(node.writes, [])
})

t.test('a write that nobody takes now is tried again, under the same name', async (t) => {
  const { node, path, run, value } = await lab(t)
  writeFileSync(path, file(entry('a', '1')))
  node.nextWrite = { kind: 'unknown', reason: 'The primary went away.' }
  const ran = await run('restore', path)
  t.match(ran, { code: 3, stderr: /went away.*restored 0 keys so far; the same command goes on/ })
  t.equal(node.writes.length, 10)
  t.equal(new Set(node.writes.map(({ requestId }) => requestId)).size, 1)
  node.nextWrite = { kind: 'full' }
  t.match(await run('restore', path), { code: 4, stderr: /The store is full.* so far/ })
  t.equal(node.writes.length, 11, 'what is refused for good is not tried again')
  node.nextWrite = undefined
  t.match(await run('restore', path), { code: 0 })
  t.equal(value('a'), '1')
})

t.test('on a terminal a bar shows how far it is', async (t) => {
  const { path, options } = await lab(t)
  writeFileSync(path, file(entry('a', '1'), entry('b', '1')))
  const { stderr } = await diststore(['restore', path], { ...options, hasProgress: true })
  t.equal(
    stderr,
    '\r\x1b[K[########################] 100 %  2 keys checked\r\x1b[K' +
      '\r\x1b[K[############------------]  50 %  1 of 2 keys\r\x1b[K',
  )
})
