// A backup of a live cluster, and the same in another cluster: by the built command.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { diststore } from './command.ts'
import { forAll } from './eventually.ts'
import { scenario } from './scenario.ts'

const KEYS = 500

scenario('a backup under writes is of one moment, and restores', async (cluster) => {
  await cluster.start(1, 2, 3)
  const { primary, second, others } = await cluster.roles()
  const [third] = others
  assert(third !== undefined)
  const keys = Array.from({ length: KEYS }, (_, i) => `k${String(i).padStart(5, '0')}`)
  await forAll(keys, 32, async (key) => {
    await primary.client.post(key, `value of ${key}`)
  })
  const large = Buffer.alloc(300_000, 'diststore')
  const words = ['put', 'large', '-', '--type', 'image/x', '--ttl', '3600']
  assert.equal((await diststore(primary.address, words, { input: large })).code, 0)

  const file = join(cluster.directory, 'backup')
  const elsewhere = await diststore(third.address, ['backup', file])
  assert.equal(elsewhere.code, 4)
  assert.match(elsewhere.stderr, /^diststore: This node \(node\) does not hold every key: make /)

  // Two chains of writes, each key after the one before: whatever moment it is of, no key is in it
  // without those before it.
  const writing = { isOver: false }
  const chain = async (name: string): Promise<number> => {
    let count = 0
    while (!writing.isOver) await primary.client.post(`chain-${name}-${count++}`, 'x')
    return count
  }
  const chains = Promise.all([chain('a'), chain('b')])
  const made = await diststore(second.address, ['backup', file])
  writing.isOver = true
  const written = await chains
  assert.deepEqual([made.code, made.stdout.length], [0, 0], made.stderr)
  assert.match(made.stderr, /^\d+ keys, [\d.]+ [kM]B: cluster "e2e-.* at 20.*\n$/)

  const other = cluster.stranger(4, `${cluster.name}-other`)
  other.start()
  await cluster.settled([other])
  const damaged = join(cluster.directory, 'damaged')
  const bytes = readFileSync(file)
  bytes.writeUInt8(bytes.readUInt8(5000) ^ 1, 5000)
  writeFileSync(damaged, bytes)
  const refused = await diststore(other.address, ['restore', damaged])
  assert.equal(refused.code, 4)
  assert.match(refused.stderr, /it is damaged at byte \d+: .*; nothing was written\n$/)
  assert.equal(String((await diststore(other.address, ['ls'])).stdout), '')

  const restored = await diststore(other.address, ['restore', file])
  assert.equal(restored.code, 0, restored.stderr)
  const listed = String((await diststore(other.address, ['ls'])).stdout)
    .trim()
    .split('\n')
  const of = (prefix: string) => listed.filter((key) => key.startsWith(prefix))
  assert.deepEqual(of('k'), keys)
  for (const [i, name] of ['a', 'b'].entries()) {
    const numbers = of(`chain-${name}-`).map((key) => Number(key.split('-').at(-1)))
    assert(numbers.length <= (written[i] ?? 0))
    assert.deepEqual(
      numbers.sort((a, b) => a - b),
      numbers.map((_, index) => index),
    )
  }
  const back = await fetch(`http://${other.address}/v1/large`)
  assert.equal(back.headers.get('content-type'), 'image/x')
  assert(Buffer.from(await back.arrayBuffer()).equals(large))
  assert.equal((await other.client.get('k00042')).text, 'value of k00042')

  const again = await diststore(other.address, ['restore', file])
  assert.match(String(again.stdout), /restored 0 keys, left \d+ as they were\n$/)
})
