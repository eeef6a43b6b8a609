// What the end of a store's trial says of the store.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { storeTrouble } from '../../src/node/try-store.ts'
import type { Ended } from '../../src/system/process.ts'

async function troubleAfter(test: { testdir(): string }, ended: Ended) {
  const dir = test.testdir()
  writeFileSync(join(dir, 'data.mdb'), '')
  return storeTrouble(dir, async () => ended)
}

for (const signal of ['SIGSEGV', 'SIGBUS', 'SIGABRT']) {
  t.test(`a store whose opening ends in ${signal} is damaged`, async (t) => {
    const trouble = await troubleAfter(t, { kind: 'signal', signal })
    t.match(trouble, new RegExp(`is damaged \\(opening it ends in ${signal}\\): move the data`))
  })
}

t.test('so is one whose opening does not end', async (t) => {
  t.match(await troubleAfter(t, { kind: 'late' }), /is damaged \(opening it does not end\)/)
})

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGKILL']) {
  t.test(`${signal} comes from somebody else, and says nothing of the store`, async (t) => {
    t.equal(await troubleAfter(t, { kind: 'signal', signal }), undefined)
  })
}

t.test('one that can be opened, or fails in good order, is opened', async (t) => {
  t.equal(await troubleAfter(t, { kind: 'exit', code: 1 }), undefined)
})

t.test('where there is none, nothing is tried', async (t) => {
  const run = () => Promise.reject(new Error('it was tried'))
  t.equal(await storeTrouble(t.testdir(), run), undefined)
})
