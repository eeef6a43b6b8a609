// The store in memory: the contract, and what a crash leaves of it.
import { STATE_ZERO } from '../../src/core/view.ts'
import { test } from 'tap'
import { MemoryStore } from '../../src/storage/memory-store.ts'
import { storeContract } from '../contracts/store.ts'
import { applied, NODE, names, put, tombstone, value } from '../contracts/store-words.ts'

storeContract('memory', () => {
  let store: MemoryStore | undefined
  return {
    open: async (options) => {
      await store?.close()
      store = store?.crash() ?? newStore((done) => setImmediate(done), options?.bytesMax)
      return store
    },
    dispose: async () => {},
  }
})

/** A disk whose flushes complete one by one when told. */
function slowDisk() {
  const waiting: (() => void)[] = []
  return {
    flushLater: (done: () => void): void => void waiting.push(done),
    complete: (index: number): void => waiting[index]?.(),
  }
}

function newStore(flushLater: (done: () => void) => void, bytesMax?: number): MemoryStore {
  return new MemoryStore({ nodeId: NODE, incarnation: 1, state: undefined, bytesMax, flushLater })
}

void test('a crash keeps what was flushed and nothing else', async (t) => {
  const disk = slowDisk()
  const store = newStore(disk.flushLater)
  const promised = { ...STATE_ZERO, promised: { epoch: 1, proposer: NODE } }
  const flushed: number[] = []
  store.apply([put(value('a', 1)), put(value('b', 2))], () => flushed.push(0))
  store.apply([{ kind: 'state', state: promised }], () => flushed.push(1))
  store.apply([put(tombstone('a', 3)), { kind: 'remove', key: 'b' }], () => flushed.push(2))
  store.putLocal(value('local', 4), () => flushed.push(3))
  store.apply([{ kind: 'state', state: { ...promised, owed: [] } }, put(value('c', 9))], () => {})
  disk.complete(1)
  t.same(flushed, [], 'in order: the first is not done')
  disk.complete(0)
  t.same(flushed, [0, 1])
  t.same(names(store), ['a', 'c'])

  const next = store.crash()
  disk.complete(2)
  t.same(flushed, [0, 1], 'nothing is flushed after the crash')
  t.equal(next.incarnation, 2)
  t.equal(next.state, promised)
  t.same(names(next), ['a', 'b'])
  t.equal(next.keyCount, 2)
  t.equal(next.get('a')?.content.kind, 'value')
  t.equal(next.getLocal('local'), undefined)
  t.equal(next.highestVersion, value('b', 2).version, 'as the disk knows it')
})

void test('a small value does not keep the buffer alive that it came in', async (t) => {
  const store = newStore(setImmediate)
  const buffer = Buffer.alloc(64 * 1024, 'x')
  const entry = value('k', 1)
  const content = { kind: 'value' as const, bytes: buffer.subarray(10, 20), contentType: '' }
  await applied(store, [put({ ...entry, content })])
  const kept = store.get('k')?.content
  t.equal(kept?.kind === 'value' ? kept.bytes.buffer.byteLength : 0, 10)
})
