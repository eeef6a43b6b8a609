// Copies that are kept: each is its own, and small ones lie together whatever else takes memory.
import t from 'tap'
import { CopyRoom } from '../../src/storage/copy-room.ts'

t.test('a copy stays as it is, whatever becomes of the bytes and of other copies', async (t) => {
  const room = new CopyRoom()
  const sizes = [0, 1, 100, 4096, 4097, 4000, 8192, 100_000, 5, 4096, 4096]
  const copies = sizes.map((size, i) => {
    const bytes = Buffer.alloc(size, i)
    const copy = room.copyOf(bytes)
    bytes.fill(255)
    return copy
  })
  const expected = sizes.map((size, i) => Buffer.alloc(size, i))
  t.ok(copies.every((copy, i) => expected[i]?.equals(copy)))
})

t.test('small copies share memory with nobody else', async (t) => {
  const room = new CopyRoom()
  const slabs = new Set<ArrayBufferLike>()
  for (let i = 0; i < 800; i++) {
    slabs.add(room.copyOf(Buffer.alloc(100, i)).buffer)
    slabs.delete(Buffer.from('something else').buffer)
  }
  t.equal(slabs.size, 10)
})
