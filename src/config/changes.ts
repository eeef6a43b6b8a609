// What differs between the settings of a running node and those just read again. Says which of it
// can be used at once; using it is the caller's.
import type { SettingName } from './schema.ts'
import type { NodeSettings } from './settings.ts'

export interface SettingChanges {
  /** Of these the running node can use the new value. */
  readonly atOnce: readonly SettingName[]
  /** These stay as they are until the node is started again. */
  readonly atRestart: readonly SettingName[]
  /** What the running node has after the change: the new values of `atOnce`, else the old ones. */
  readonly settings: NodeSettings
}

/**
 * Compares what was in force with what was read again. A cluster's first secret, and giving up its
 * last, are for the next start: nodes with and without one do not hear each other.
 */
export function changesBetween(now: NodeSettings, read: NodeSettings): SettingChanges {
  const changed = FIXED.filter(({ of }) => of(now) !== of(read)).map(({ name }) => name)
  const keepsSecrets = now.secrets.length > 0 && read.secrets.length > 0
  const atOnce: SettingName[] = []
  const atRestart: SettingName[] = [...changed]
  if (now.logLevel !== read.logLevel) atOnce.push('log-level')
  if (!sameTexts(now.nodes, read.nodes)) atOnce.push('node')
  if (!sameTexts(asTexts(now.secrets), asTexts(read.secrets))) {
    if (keepsSecrets) atOnce.push('secret-file')
    else atRestart.push('secret-file')
  }
  const { logLevel, nodes } = read
  const secrets = keepsSecrets ? read : now
  const { secretFile } = secrets
  return {
    atOnce,
    atRestart,
    settings: { ...now, logLevel, nodes, secretFile, secrets: secrets.secrets },
  }
}

interface Fixed {
  readonly name: SettingName
  readonly of: (settings: NodeSettings) => unknown
}

/** What a node cannot change while it runs: its place, its store, and what its cluster agreed on. */
const FIXED: readonly Fixed[] = [
  { name: 'host', of: (settings) => settings.placeWish.host },
  { name: 'port', of: (settings) => settings.port },
  { name: 'group', of: (settings) => settings.group },
  { name: 'group-port', of: (settings) => settings.groupPort },
  { name: 'interface', of: (settings) => settings.placeWish.interface },
  { name: 'cluster', of: (settings) => settings.clusterName },
  { name: 'durability', of: (settings) => settings.durability },
  { name: 'mode', of: (settings) => settings.cluster.mode },
  { name: 'voters', of: (settings) => settings.cluster.voters },
  { name: 'min-copies', of: (settings) => settings.cluster.minCopies },
  { name: 'value-bytes-max', of: (settings) => settings.cluster.valueBytesMax },
  { name: 'copy-bytes-max', of: (settings) => settings.copyBytesMax },
  { name: 'store-bytes-max', of: (settings) => settings.storeBytesMax },
  { name: 'witness', of: (settings) => settings.isWitness },
  // Without the setting it follows from the address, which may have changed meanwhile.
  { name: 'data-dir', of: ({ dataDir, announceHost }) => dataDir.replace(announceHost, '') },
]

function asTexts(secrets: readonly Uint8Array[]): readonly string[] {
  return secrets.map((secret) => Buffer.from(secret).toString('hex'))
}

function sameTexts(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((text, index) => text === others[index])
}
