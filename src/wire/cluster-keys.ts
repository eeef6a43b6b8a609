// Keys of packets and calls, derived from the cluster's name and one secret. Reads no file.
import { createHash, hkdfSync } from 'node:crypto'
import { assert } from '../core/assert.ts'

/** What one secret, or the lack of any, gives: the keys to sign and to check with. */
export interface ClusterKeys {
  /** Which key signed: 0 without a secret, else 1 to 255, derived from the secret. */
  readonly keyId: number
  /** Signs packets. 32 bytes. */
  readonly key: Uint8Array
  /** Signs calls by HTTP and their answers. 32 bytes. */
  readonly callKey: Uint8Array
  /** 4 bytes that depend on the name alone: a foreign cluster is told from a foreign secret. */
  readonly clusterTag: Uint8Array
}

const KEY_BYTES = 32
const CLUSTER_TAG_BYTES = 4

/**
 * Without a secret the keys come from the cluster's name: they detect damage and keep clusters
 * apart, and protect from nobody who knows the name.
 */
export function createClusterKeys(cluster: string, secret: Uint8Array | undefined): ClusterKeys {
  assert(secret === undefined || secret.length > 0, 'a secret has at least one byte')
  const name = Buffer.from(cluster, 'utf8')
  const clusterTag = sha256('diststore cluster tag', name).subarray(0, CLUSTER_TAG_BYTES)
  const material = secret ?? sha256('diststore cluster key', name)
  const derive = (info: string, bytes: number): Uint8Array =>
    new Uint8Array(hkdfSync('sha256', material, name, info, bytes))
  return {
    keyId: secret === undefined ? 0 : 1 + ((derive('udp1 key id', 1)[0] ?? 0) % 255),
    key: derive('udp1', KEY_BYTES),
    callKey: derive('http1', KEY_BYTES),
    clusterTag: new Uint8Array(clusterTag),
  }
}

function sha256(purpose: string, name: Uint8Array): Buffer {
  return createHash('sha256').update(`${purpose}\0`).update(name).digest()
}
