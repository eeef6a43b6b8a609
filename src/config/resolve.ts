// Works out what depends on more than one setting or on the machine: addresses, paths, port pairs.
import {
  describeInterfaces,
  type InterfaceAddress,
  LOOPBACK,
  type Place,
  placeOf,
} from './addresses.ts'
import { type Bad, bad, badValue } from './bad.ts'
import type { GivenSettings } from './given.ts'
import type { SettingValues } from './schema.ts'
import type { NodeSettings } from './settings.ts'

/** The fewest that survive the loss of one. */
const VOTERS_DEFAULT = 3

const ALL_ADDRESSES = '0.0.0.0'

export interface Machine {
  readonly interfaces: readonly InterfaceAddress[]
  /** systemd's $STATE_DIRECTORY; undefined when it did not start us. */
  readonly stateDirectory: string | undefined
}

export type Resolved = { readonly kind: 'settings'; readonly settings: NodeSettings } | Bad

/** Turns checked values into settings. `given` is only for saying where a bad value came from. */
export function resolveSettings(
  values: SettingValues,
  given: GivenSettings,
  machine: Machine,
): Resolved {
  if (values['group-port'] === values.port) {
    const source = given.get('group-port')?.source ?? 'its default'
    return bad(`group-port (${source}) must differ from port, which is ${values.port} too`)
  }
  if (values.voters !== undefined && values.mode !== 'majority') {
    const source = given.get('voters')?.source ?? ''
    return bad(`voters (${source}) is for mode majority: set mode to majority, or leave it out`)
  }
  const placed = resolvePlace(values, given, machine.interfaces)
  if (placed.kind === 'bad') return placed
  const { announceHost, interfaceAddress } = placed.place
  const stateDirectory = machine.stateDirectory?.split(':')[0]
  const settings: NodeSettings = {
    cluster: {
      mode: values.mode,
      voters: values.mode === 'majority' ? (values.voters ?? VOTERS_DEFAULT) : 0,
      minCopies: values['min-copies'],
      valueBytesMax: values['value-bytes-max'],
    },
    clusterName: values.cluster,
    host: values.host ?? ALL_ADDRESSES,
    announceHost,
    port: values.port,
    group: values.group,
    groupPort: values['group-port'],
    interfaceAddress,
    placeWish: { host: values.host, interface: values.interface },
    nodes: values.node,
    dataDir:
      values['data-dir'] ?? stateDirectory ?? `./diststore-data/${announceHost}-${values.port}`,
    durability: values.durability,
    isWitness: values.witness,
    copyBytesMax: values['copy-bytes-max'],
    storeBytesMax: values['store-bytes-max'],
    logLevel: values['log-level'],
    secretFile: values['secret-file'],
    secrets: [],
  }
  return { kind: 'settings', settings }
}

type Placed = { readonly kind: 'place'; readonly place: Place } | Bad

function resolvePlace(
  values: SettingValues,
  given: GivenSettings,
  interfaces: readonly InterfaceAddress[],
): Placed {
  const place = placeOf(values, interfaces)
  if (place !== undefined) return { kind: 'place', place }
  // Somebody's host or interface is not there; a default of ours may still become true.
  for (const name of ['interface', 'host'] as const) {
    const found = given.get(name)
    if (found !== undefined) return withChoices(badValue(name, found), interfaces)
  }
  return { kind: 'place', place: { announceHost: LOOPBACK, interfaceAddress: LOOPBACK } }
}

function withChoices(found: Bad, interfaces: readonly InterfaceAddress[]): Bad {
  return bad(`${found.sentence} (this machine has ${describeInterfaces(interfaces)})`)
}
