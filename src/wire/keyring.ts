// The keys of a cluster: all are accepted, the first one signs. Reads no file, never prints a key.
import { type ClusterKeys, createClusterKeys } from './cluster-keys.ts'

/** Rotation is order: add the new secret everywhere, put it first everywhere, remove the old one. */
export interface Keyring {
  /** The same for every key: it depends on the cluster's name alone. */
  readonly clusterTag: Uint8Array
  /** False: no secret was given, and the keys protect from nobody. */
  readonly isSecret: boolean
  /** What this node signs with. */
  readonly signer: ClusterKeys
  /** The keys with this id: nearly always one or none, but ids are a byte and may coincide. */
  accepted(keyId: number): readonly ClusterKeys[]
}

/** `secrets` in the order of the file. None: the keys of the cluster's name. */
export function createKeyring(cluster: string, secrets: readonly Uint8Array[]): Keyring {
  const [first, ...others] = secrets
  const signer = createClusterKeys(cluster, first)
  const all = [signer, ...others.map((secret) => createClusterKeys(cluster, secret))]
  return {
    clusterTag: signer.clusterTag,
    isSecret: first !== undefined,
    signer,
    accepted: (keyId) => all.filter((keys) => keys.keyId === keyId),
  }
}
