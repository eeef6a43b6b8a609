// A master is killed, and a node without a key takes its place: how long until it has them all?
import { Agent } from 'node:http'
import { Client } from '../client.ts'
import type { Cluster } from '../cluster.ts'
import { eventually, forAll } from '../eventually.ts'
import { type Figures, rounded } from './figures.ts'

const KEYS = 200_000
const VALUE = 'x'.repeat(100)
const POSTS_AT_ONCE = 64
const FILL_WAIT_MS = 10 * 60_000
const MIRROR_WAIT_MS = 5 * 60_000

export async function mirror(cluster: Cluster): Promise<Figures> {
  await cluster.start(1, 2, 3)
  const { primary, second } = await cluster.roles()
  const fillingMs = performance.now()
  await fill(primary.address)
  const filledMs = performance.now()

  await second.kill()
  const killedMs = performance.now()
  let viewMs = Number.NaN
  await eventually(async () => {
    const { view, keys } = await primary.client.cluster()
    const masters = view?.masters ?? []
    const inSync = masters.filter((each) => each.inSync && each.address !== second.address)
    if (inSync.length < 2) throw new Error('there are no two in-sync masters')
    if (Number.isNaN(viewMs)) viewMs = performance.now()
    const other = inSync.find(({ address }) => address !== primary.address)
    const held = (await new Client(`http://${other?.address}`).cluster()).keys
    if (keys !== KEYS || held !== KEYS) throw new Error(`they hold ${keys} and ${held} keys`)
  }, MIRROR_WAIT_MS)
  return {
    keys: KEYS,
    's to fill': rounded((filledMs - fillingMs) / 1000),
    's from the kill to two in-sync masters': rounded((viewMs - killedMs) / 1000),
    's from the kill to all keys on both': rounded((performance.now() - killedMs) / 1000),
  }
}

async function fill(address: string): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: POSTS_AT_ONCE })
  const client = new Client(`http://${address}`, agent)
  const keys = Array.from({ length: KEYS }, (_, index) => `key-${String(index).padStart(6, '0')}`)
  const deadline = performance.now() + FILL_WAIT_MS
  await forAll(keys, POSTS_AT_ONCE, async (key) => {
    if (performance.now() > deadline) throw new Error(`not filled in ${FILL_WAIT_MS / 1000} s`)
    const { status, text } = await client.post(key, VALUE)
    if (status !== 200) throw new Error(text)
  })
  agent.destroy()
}
