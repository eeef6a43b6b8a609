// A cluster with a secret, what a test needs to know of it, and somebody who listens without the secret.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Cluster, GROUP } from './cluster.ts'
import type { Daemon } from './daemon.ts'
import { Eavesdropper } from './eavesdropper.ts'
import { eventually } from './eventually.ts'

export const SECRET = randomBytes(32)
const EAR = '127.1.2.11'

/** Writes it anew; the path is what nodes are given. */
export function secretFile(cluster: Cluster, name: string, ...secrets: Buffer[]): string {
  const path = join(cluster.directory, name)
  rmSync(path, { force: true })
  const lines = secrets.map((secret) => secret.toString('hex'))
  writeFileSync(path, `# ${name}\n${lines.join('\n')}\n`, { mode: 0o600 })
  return path
}

/** Starts three nodes that share SECRET. */
export async function withSecret(cluster: Cluster): Promise<void> {
  cluster.flags = ['--secret-file', secretFile(cluster, 'ours', SECRET)]
  await cluster.start(1, 2, 3)
}

export function listen(cluster: Cluster): Promise<Eavesdropper> {
  return Eavesdropper.start({ host: EAR, group: GROUP, groupPort: cluster.ports.groupPort })
}

/** Waits for so many packets, and takes them. */
export async function heard(ear: Eavesdropper, count: number): Promise<readonly Buffer[]> {
  await eventually(() => assert(ear.heard.length >= count, `${ear.heard.length} packets heard`))
  return ear.heard.splice(0)
}

/** What a node says of the others, by address. */
export async function statesAt(daemon: Daemon): Promise<Record<string, string>> {
  const { nodes } = await daemon.client.cluster()
  return Object.fromEntries(nodes.map(({ address, state }) => [address, state]))
}
