// When a batch is reported: told with a disk whose every step is taken by hand, and with lmdb.
import type { Database } from 'lmdb'
import { test } from 'tap'
import { openEnvironment } from '../../src/storage/lmdb-environment.ts'
import { LmdbWriter, RELAXED_BYTES_MAX } from '../../src/storage/lmdb-writer.ts'
import type { Batch } from '../../src/storage/lmdb-writer.ts'
import type { Durability } from '../../src/storage/store.ts'
import { removeDir, temporaryDir } from './lmdb-lab.ts'

/** One batch under way at the disk by hand. */
interface Commit {
  readonly commit: () => Promise<void>
  readonly flush: () => Promise<void>
  readonly fail: (cause: Error) => Promise<void>
}

/** A writer over a disk whose steps are taken by hand, and a log of what the writer reports. */
function newLab(durability: Durability) {
  const log: string[] = []
  const commits: Commit[] = []
  const turns: (() => void)[] = []
  const root = {
    batch: (fill: () => void) => {
      fill()
      const committed = newPromise<boolean>()
      const flushed = newPromise<void>()
      commits.push({
        commit: () => settled(() => committed.resolve(true)),
        flush: () => settled(() => flushed.resolve()),
        // As lmdb does it: the error of the batch carries a promise of the real one.
        fail: (cause) =>
          settled(() => {
            const commitError = Promise.reject(cause)
            committed.reject(Object.assign(new Error('Commit failed'), { commitError }))
          }),
      })
      return Object.assign(committed.promise, { flushed: flushed.promise })
    },
  }
  const writer = new LmdbWriter(root as unknown as Database, {
    durability,
    nextTurn: (run) => void turns.push(run),
    onFailure: (error) => void log.push(`failure ${error.code}: ${error.message}`),
  })
  const write = (name: string, changed: Partial<Batch> = {}): void => {
    writer.write({
      fill: () => void log.push(`fill ${name}`),
      bytes: 1,
      mustFlush: false,
      committed: () => void log.push(`committed ${name}`),
      flushed: () => void log.push(`flushed ${name}`),
      ...changed,
    })
  }
  const at = (index: number): Commit => {
    const commit = commits[index]
    if (commit === undefined) throw new Error(`there is no batch ${index}`)
    return commit
  }
  const news = (): string[] => log.splice(0)
  return { writer, write, at, news, turn: () => turns.splice(0).forEach((run) => run()) }
}

function newPromise<T>() {
  let resolve: (value: T) => void = () => {}
  let reject: (error: Error) => void = () => {}
  const promise = new Promise<T>((...both) => {
    ;[resolve, reject] = both
  })
  return { promise, resolve, reject }
}

/** Lets everything that waits for a promise run. */
async function settled(act: () => void): Promise<void> {
  act()
  await new Promise<void>((resolve) => setImmediate(resolve))
}

void test('a batch is reported once lmdb has flushed it, not when it commits', async (t) => {
  const { write, at, news, turn } = newLab('fsync')
  write('a')
  turn()
  t.same(news(), ['fill a'])
  await at(0).commit()
  turn()
  t.same(news(), ['committed a'])
  await at(0).flush()
  t.same(news(), ['flushed a'])
})

void test('batches are reported in the order of writing, whichever is flushed first', async (t) => {
  const { write, at, news } = newLab('fsync')
  write('a')
  write('b')
  for (const index of [0, 1]) await at(index).commit()
  news()
  await at(1).flush()
  t.same(news(), [])
  await at(0).flush()
  t.same(news(), ['flushed a', 'flushed b'])
})

void test('relaxed: a batch is reported in a later turn, once', async (t) => {
  const { write, at, news, turn } = newLab('relaxed')
  write('a')
  t.same(news(), ['fill a'])
  turn()
  t.same(news(), ['flushed a'])
  await at(0).commit()
  await at(0).flush()
  t.same(news(), ['committed a'])
})

void test('relaxed: what must be flushed is, and all after it waits for it', async (t) => {
  const { write, at, news, turn } = newLab('relaxed')
  write('state', { mustFlush: true })
  write('b')
  turn()
  t.same(news(), ['fill state', 'fill b'])
  await at(0).commit()
  await at(0).flush()
  t.same(news(), ['committed state', 'flushed state', 'flushed b'])
})

void test('relaxed: beyond RELAXED_BYTES_MAX on the way to disk, reports wait', async (t) => {
  const { write, at, news, turn } = newLab('relaxed')
  write('a', { bytes: RELAXED_BYTES_MAX })
  write('b')
  turn()
  t.same(news(), ['fill a', 'fill b', 'flushed a'])
  await at(0).commit()
  await at(0).flush()
  write('c')
  turn()
  t.same(news(), ['committed a', 'fill c'], 'c is after b')
  await at(1).commit()
  await at(1).flush()
  t.same(news(), ['committed b', 'flushed b', 'flushed c'])
})

void test('one failure is told once, with its cause; nothing later is reported', async (t) => {
  const { writer, write, at, news } = newLab('fsync')
  for (const name of ['a', 'b', 'c']) write(name)
  await at(0).commit()
  news()
  await at(1).fail(new Error('No space left on device'))
  t.same(news(), [
    'failure write-failed: The store could not write to disk (No space left on device): check free space and the disk, then start again.',
  ])
  await at(0).flush()
  await at(2).fail(new Error('No space left on device'))
  write('d')
  t.same(news(), [])
  await writer.idle()
})

void test('idle is when every batch is on disk, not when the last one is', async (t) => {
  const { writer, write, at, news } = newLab('fsync')
  for (const name of ['a', 'b']) write(name)
  news()
  const idle: string[] = []
  void writer.idle().then(() => idle.push('idle'))
  for (const index of [0, 1]) await at(index).commit()
  await at(1).flush()
  t.same(idle, [], 'the thread of the first one may still be at work')
  await at(0).flush()
  t.same(idle, ['idle'])
})

void test('lmdb itself has flushed before a batch is reported', async (t) => {
  const dir = temporaryDir()
  t.teardown(() => removeDir(dir))
  const { root, meta } = openEnvironment(dir)
  const order: string[] = []
  const watched = {
    batch: (fill: () => void) => {
      const commit = root.batch(fill)
      const { flushed } = commit as typeof commit & { flushed: Promise<void> }
      void flushed.then(() => order.push('lmdb flushed'))
      return commit
    },
  }
  const onFailure = (error: Error): void => {
    throw error
  }
  const writer = new LmdbWriter(watched as unknown as Database, {
    durability: 'fsync',
    nextTurn: setImmediate,
    onFailure,
  })
  for (let n = 0; n < 3; n++) {
    writer.write({
      fill: () => void meta.put(Buffer.from(`${n}`), Buffer.from('x')),
      bytes: 1,
      mustFlush: false,
      committed: () => {},
      flushed: () => void order.push('reported'),
    })
    await writer.idle()
  }
  t.same(order, Array.from({ length: 3 }, () => ['lmdb flushed', 'reported']).flat())
  await root.close()
})
