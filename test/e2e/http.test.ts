// The HTTP interface through whole clusters: conditions, retries, lifetimes, deletes, odd bytes,
// freshness. Whatever goes in at one node comes out at another, byte by byte.
import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { type Answer, Client, written } from './client.ts'
import { assertSame, type Cluster } from './cluster.ts'
import type { Daemon } from './daemon.ts'
import { eventually, forAll } from './eventually.ts'
import { scenario } from './scenario.ts'

const MiB = 1024 * 1024

scenario('conditions, retries, lifetimes and deletes hold for the cluster', async (cluster) => {
  await cluster.start(1, 2, 3, 4)
  await onlyOneCreates(cluster)
  await onlyOneReplaces(cluster)
  await retriesApplyOnce(cluster)
  await deletesEverywhere(cluster)
  const { primary, second } = await cluster.roles()
  await assertSame(primary, second)
  await expiresEverywhere(cluster)
})

scenario('an expired entry is not listed', async (cluster) => {
  await cluster.start(1, 2)
  const { client } = cluster.node(1)
  await client.post('lasting', 'here')
  await client.post('passing', 'by', { ttl: '0.5' })
  await eventually(async () => assert.deepEqual(await client.list(), ['lasting']))
})

scenario('every key and value arrives at another node byte by byte', async (cluster) => {
  await cluster.start(1, 2, 3)
  const { primary, others } = await cluster.roles()
  const [reader] = others
  assert(reader !== undefined)

  for (const [key, value] of ODD_ENTRIES) {
    assert.equal((await primary.client.post(key, value)).status, 200, key)
    const inQuery = await reader.client.send(`/get?key=${encodeURIComponent(key)}`)
    assert.deepEqual([inQuery.status, inQuery.text], [200, value], key)
    // Every client takes two dots for a step up, however they are escaped.
    if (key === '..') continue
    const { status, text } = await reader.client.get(key)
    assert.deepEqual({ status, text }, { status: 200, text: value }, `${key} in the path`)
  }

  const bytes = Buffer.from([...Array(256).keys()])
  const escaped = [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
  assert.equal((await primary.client.postForm(`key=bytes&value=${escaped}`)).status, 200)
  assert.deepEqual((await reader.client.get('bytes')).body, bytes)

  const large = Buffer.alloc(8 * MiB, 'abcdefghijklmnopqrstuvwxyz0123456789')
  const kept = await primary.client.put('large', large, { 'content-type': 'image/png' })
  assert.equal(written(kept).copies, 2)
  const fetched = await reader.client.get('large')
  assert(fetched.body.equals(large), 'the largest value')
  assert.equal(fetched.headers.get('content-type'), 'image/png')
})

scenario('a value too large is refused in words, whatever the client sends', async (cluster) => {
  await cluster.start(1)
  const node = cluster.node(1)
  const keepAlive = new Agent({ keepAlive: true })
  // The second client says `Connection: close`, and sees the answer all the same.
  for (const client of [new Client(`http://${node.address}`, keepAlive), node.client]) {
    for (const tooMany of [8 * MiB + 1, 16 * MiB]) {
      const refused = await client.put('large', Buffer.alloc(tooMany))
      assert.equal(refused.status, 413)
      assert.equal(written(refused).type, 'urn:diststore:problem:value-too-large')
    }
  }
  keepAlive.destroy()
})

scenario('a read is as fresh as it asks to be', async (cluster) => {
  await cluster.start(1, 2, 3)
  const { primary, second, others } = await cluster.roles()
  const [reader] = others
  assert(reader !== undefined)

  // Small enough to come inside the answer to the multicast query.
  const small = 'x'.repeat(100)
  await primary.client.post('small', small)
  const miss = await reader.client.get('small')
  assert.equal(miss.text, small)
  assert.equal(miss.headers.get('diststore-source'), 'fetched')

  await primary.client.post('elsewhere', 'there')
  const onlyHere = await reader.client.get('elsewhere', { 'cache-control': 'only-if-cached' })
  assert.equal(onlyHere.status, 504)
  assert.equal(written(onlyHere).type, 'urn:diststore:problem:not-held-here')

  // A strong read knows of every write that was answered before it, whoever reads.
  for (let count = 0; count < 20; count++) {
    const through: Daemon = count % 2 === 0 ? primary : reader
    assert.equal((await through.client.post('counter', String(count))).status, 200)
    for (const { client, address } of [primary, second, reader]) {
      const read = await client.get('counter', { 'cache-control': 'no-cache' })
      assert.equal(read.text, String(count), `a strong read from ${address}`)
    }
  }

  const etag = (await reader.client.get('small')).headers.get('etag') ?? ''
  assert.equal((await second.client.get('small', { 'if-none-match': etag })).status, 304)
})

const ODD_ENTRIES: readonly [key: string, value: string][] = [
  ['a.b', 'a.b=1'],
  ['x[y]', 'x[y]=z&x[y]=w'],
  ['plus+and space', '1+1 = 2'],
  ['zero\0byte', '\0'],
  ['emoji 🦆', '🦆🦆'],
  ['__proto__', '__proto__'],
  ['constructor', 'toString'],
  ['slash/and%2F', '%25%'],
  ['..', 'two dots'],
  ['empty', ''],
  ['line\r\nbreak', '\r\n'],
  ['k'.repeat(511), 'the longest key'],
]

/** Concurrent creates of one key through different nodes: one wins, the others are told. */
async function onlyOneCreates(cluster: Cluster): Promise<void> {
  const nodes = cluster.running()
  for (let round = 0; round < 10; round++) {
    const key = `created ${round}`
    const answers = await Promise.all(
      [...nodes, ...nodes].map(({ client }, index) =>
        client.put(key, `by ${index}`, { 'if-none-match': '*' }),
      ),
    )
    const won = answers.filter(({ status }) => status === 200)
    const lost = answers.filter(({ status }) => status === 412)
    assert.deepEqual([won.length, lost.length], [1, answers.length - 1], statuses(answers))
    const winner = answers.findIndex(({ status }) => status === 200)
    for (const { client } of nodes) assert.equal((await client.get(key)).text, `by ${winner}`)
  }
}

/** A counter raised through every node by compare-and-set ends at the number of raises. */
async function onlyOneReplaces(cluster: Cluster): Promise<void> {
  const nodes = cluster.running()
  const raises = nodes.flatMap((node) => Array.from({ length: 5 }, () => node))
  await nodes[0]?.client.put('count', '0')
  await forAll(raises, 4, async ({ client }) => {
    await eventually(async () => {
      const now = await client.get('count', { 'cache-control': 'no-cache' })
      const condition = { 'if-match': now.headers.get('etag') ?? '' }
      const next = await client.put('count', String(Number(now.text) + 1), condition)
      assert.equal(next.status, 200)
    })
  })
  const total = await nodes[0]?.client.get('count', { 'cache-control': 'no-cache' })
  assert.equal(total?.text, String(raises.length))
}

/** The same Idempotency-Key is one write, whichever node it is sent to. */
async function retriesApplyOnce(cluster: Cluster): Promise<void> {
  const headers = { 'idempotency-key': 'order 66' }
  const [one, ...others] = cluster.running()
  assert(one !== undefined)
  const first = written(await one.client.post('order', 'sixty-six', { headers }))
  assert.equal(first.status, 200)
  assert.equal((await one.client.post('order', 'changed meanwhile')).status, 200)
  for (const { client } of others) {
    const again = await client.post('order', 'sixty-six', { headers })
    assert.equal(written(again).version, first.version, 'a retry is the same write')
    assert.equal((await client.post('order', 'other', { headers })).status, 422)
    const { text } = await client.get('order', { 'cache-control': 'no-cache' })
    assert.equal(text, 'changed meanwhile', 'a retry applies nothing')
  }
}

async function deletesEverywhere(cluster: Cluster): Promise<void> {
  const [one, ...others] = cluster.running()
  await one?.client.post('short-lived', 'here')
  for (const { client } of others) assert.equal((await client.get('short-lived')).status, 200)
  assert.equal((await others[0]?.client.delete('short-lived'))?.status, 200)
  for (const { client, address } of cluster.running()) {
    await eventually(async () => {
      assert.equal((await client.get('short-lived')).status, 404, address)
    })
    assert.equal((await client.getLocal('short-lived')).status, 404, `held by ${address}`)
    await eventually(async () => {
      assert(!(await client.list()).includes('short-lived'), `listed by ${address}`)
    })
  }
}

/** With a ttl a key ends on every node, by each node's own clock. */
async function expiresEverywhere(cluster: Cluster): Promise<void> {
  const nodes = cluster.running()
  const sentMs = Date.now()
  assert.equal((await nodes[0]?.client.post('passing', 'by', { ttl: '2.5' }))?.status, 200)
  for (const { client, address } of nodes) {
    const { status } = await client.get('passing')
    // A machine busy enough may get here after the end.
    if (Date.now() - sentMs < 2500) assert.equal(status, 200, `alive on ${address}`)
  }
  for (const { client, address } of nodes) {
    await eventually(async () => {
      assert.equal((await client.get('passing')).status, 404, `still on ${address}`)
      assert.equal((await client.getLocal('passing')).status, 404, `still held by ${address}`)
    })
  }
  assert(Date.now() - sentMs >= 2500, 'it ended too early')
}

function statuses(answers: readonly Answer[]): string {
  return answers.map(({ status }) => status).join(' ')
}
