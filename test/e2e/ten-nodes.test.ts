// Ten nodes find each other, agree, and each answers for every key.
import assert from 'node:assert/strict'
import { written } from './client.ts'
import { assertHeld, assertSame } from './cluster.ts'
import { eventually } from './eventually.ts'
import { scenario } from './scenario.ts'

const TEN = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]

scenario('ten nodes are one cluster, and a late one joins it', async (cluster, note) => {
  const startedMs = Date.now()
  const view = await cluster.start(...TEN)
  note(`ten nodes agreed ${Date.now() - startedMs} ms after their start`)
  assert.equal(view.roster.length, 10)
  assert.equal(view.masters.length, 2)

  // 404 is a statement about the cluster, so every node must be able to make it.
  for (const { client } of cluster.running()) {
    const unknown = await client.get('never stored')
    assert.equal(unknown.status, 404)
    assert.equal(unknown.headers.get('content-type'), 'application/problem+json')
    assert.equal(written(unknown).type, 'urn:diststore:problem:not-found')
  }

  // Posted to one, read from every other.
  const first = await cluster.node(7).client.post('greeting', 'hello')
  assert.deepEqual({ ...written(first), version: '' }, answered('greeting'))
  for (const { client, address } of cluster.running()) {
    const { status, text, headers } = await client.get('greeting')
    assert.deepEqual({ status, text }, { status: 200, text: 'hello' }, `read from ${address}`)
    assert.equal(headers.get('diststore-copies'), '2')
  }

  // Posted to each, held by both masters.
  const entries = new Map([['greeting', 'hello']])
  for (const number of TEN) {
    const key = `from node ${number}`
    const answer = await cluster.node(number).client.post(key, `value ${number}`)
    assert.deepEqual({ ...written(answer), version: '' }, answered(key))
    entries.set(key, `value ${number}`)
  }
  const { primary, second, others } = await cluster.roles()
  await assertHeld([primary, second], entries)
  assert.equal((await assertSame(primary, second)).length, entries.size)

  // A reader keeps what it read, and serves it while it is proven.
  const [reader] = others
  assert(reader !== undefined)
  await eventually(async () => {
    await reader.client.get('from node 1')
    const again = await reader.client.get('from node 1')
    assert.equal(again.headers.get('diststore-source'), 'copy')
    assert.equal(again.text, 'value 1')
    assert.equal((await reader.client.getLocal('from node 1')).status, 200)
  })

  // Started later, it is in the roster, and answers for keys older than itself.
  const lateMs = Date.now()
  const grown = await cluster.start(11)
  note(`the eleventh node was in the roster ${Date.now() - lateMs} ms after its start`)
  assert.equal(grown.roster.length, 11)
  assert.deepEqual(
    grown.masters.map(({ address }) => address),
    view.masters.map(({ address }) => address),
    'a node that joins moves no master',
  )
  assert.equal((await cluster.node(11).client.get('greeting')).text, 'hello')
})

scenario('clusters of different names in one group ignore each other', async (cluster) => {
  const strangers = [3, 4].map((number) => cluster.stranger(number, `${cluster.name}-other`))
  const ours = cluster.nodes(1, 2)
  for (const daemon of [...ours, ...strangers]) daemon.start()
  for (const side of [ours, strangers]) {
    const { roster } = await cluster.settled(side)
    assert.deepEqual(roster.map(({ address }) => address).sort(), addresses(side))
  }
  assert.equal((await cluster.node(1).client.post('whose', 'ours')).status, 200)
  for (const { client } of strangers) assert.equal((await client.get('whose')).status, 404)
  for (const { client } of ours) {
    assert.equal((await client.get('whose')).text, 'ours')
    const { nodes } = await client.cluster()
    assert.deepEqual(nodes.map(({ address }) => address).sort(), addresses(ours))
  }
})

function answered(key: string): object {
  return { status: 200, key, version: '', copies: 2 }
}

function addresses(daemons: readonly { readonly address: string }[]): string[] {
  return daemons.map(({ address }) => address).sort()
}
