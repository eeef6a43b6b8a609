// Every setting: what it accepts, its default, and its line of help. Validation, --help, the settings
// file that is installed and the manual pages are made from it.
// Knows nothing about where a value came from.
import { isIPv4 } from 'node:net'
import { z } from 'zod'
import { SEEDS_MAX } from '../core/reach-limits.ts'
import { parseBytes } from './bytes.ts'

const KiB = 1024
const MiB = 1024 * KiB

/** Voters of a cluster. Every view waits for more than half of them. */
const VOTERS_MAX = 15

interface Setting<Schema extends z.ZodType> {
  /** Reads a flag's text or a TOML value; gives the default for undefined. */
  readonly schema: Schema
  /** The word for its value in the help; '' for a flag without a value. */
  readonly takes: string
  /** What a good value is: the end of "port must be …". */
  readonly mustBe: string
  readonly help: string
  /** What else an operator may want to know before changing it: sentences. */
  readonly about?: string
  /** A line for the settings file where there is no default to show: TOML. */
  readonly example?: string
  /** A running node uses a new value when it reads its settings again (SIGHUP). */
  readonly isReloaded?: true
  /** Its flag may be given more than once. */
  readonly isList?: true
}

export const SCHEMA = {
  host: setting({
    schema: z.string().refine(isUnicastIPv4).optional(),
    takes: 'ADDRESS',
    mustBe: 'a unicast IPv4 address of this machine; leave it out to listen on all addresses',
    help: 'address to listen on and announce; without it: all, and the best',
    example: '"10.1.2.3"',
    about:
      'Without it the node announces the address of the interface that most likely leads to the ' +
      'others, and follows it when it changes.',
  }),
  port: setting({
    schema: wholeNumber(1, 65_535).default(8181),
    takes: 'PORT',
    mustBe: 'a whole number from 1 to 65535',
    help: 'HTTP port, and UDP port for unicast',
  }),
  group: setting({
    schema: z.string().refine(isMulticastIPv4).default('239.192.73.81'),
    takes: 'ADDRESS',
    mustBe: 'an IPv4 multicast address (224.0.0.0 to 239.255.255.255)',
    help: 'multicast group in which the nodes find each other',
    about: 'All nodes of a cluster need the same one. Packets to it never leave the LAN.',
  }),
  'group-port': setting({
    schema: wholeNumber(1, 65_535).default(4983),
    takes: 'PORT',
    mustBe: 'a whole number from 1 to 65535',
    help: 'UDP port of the multicast group',
    about: 'All nodes of a cluster need the same one. It must differ from port.',
  }),
  interface: setting({
    schema: z.string().optional(),
    takes: 'NAME',
    mustBe: 'the name or the IPv4 address of a network interface',
    help: 'interface for multicast, by name or address; without it: that of host',
    example: '"eth0"',
  }),
  cluster: setting({
    schema: z
      .string()
      .regex(/^[\x20-\x7e]{1,64}$/)
      .default('default'),
    takes: 'NAME',
    mustBe: '1 to 64 printable ASCII characters',
    help: 'nodes with the same name form a cluster',
    about: 'Several clusters may share a LAN, and a group: the name keeps them apart.',
  }),
  'data-dir': setting({
    schema: z.string().min(1).optional(),
    takes: 'DIRECTORY',
    mustBe: 'the path of a directory',
    help: 'where data lives [$STATE_DIRECTORY, else ./diststore-data/<host>-<port>]',
    example: '"/var/lib/diststore"',
    about: 'As a service the node has /var/lib/diststore, and may write nowhere else.',
  }),
  durability: setting({
    schema: z.enum(['fsync', 'relaxed', 'memory']).default('fsync'),
    takes: 'HOW',
    mustBe: 'fsync, relaxed or memory',
    help: 'on disk: fsync before the answer, relaxed soon after, memory never',
    about:
      'With fsync, what was acknowledged by two masters survives the loss of one and a power cut ' +
      'of both.',
  }),
  mode: setting({
    schema: z.enum(['available', 'majority']).default('available'),
    takes: 'MODE',
    mustBe: 'available or majority',
    help: 'of a cut network any part may go on, or one: majority',
    about:
      'available: what was written on both sides of a cut is merged when they meet, and the newer ' +
      'write of a key wins. majority: the side with fewer voters refuses writes. All nodes of a ' +
      'cluster need the same mode; one that differs is refused.',
  }),
  'min-copies': setting({
    schema: z
      .preprocess(digitsToNumber, z.union([z.literal('auto'), z.literal(1), z.literal(2)]))
      .default('auto'),
    takes: 'COUNT',
    mustBe: 'auto, 1 or 2',
    help: 'masters that a write needs; auto: 2 in a cluster of 3 or more',
    about: 'A node that differs from the others in it cannot become master.',
  }),
  'value-bytes-max': setting({
    schema: size(1, 256 * MiB).default(8 * MiB),
    takes: 'SIZE',
    mustBe: 'a size from 1 to 256MiB, in bytes or with KiB or MiB',
    help: 'largest value',
    about: 'A node that differs from the others in it cannot become master.',
  }),
  'copy-bytes-max': setting({
    schema: size(0, Number.MAX_SAFE_INTEGER).default(64 * MiB),
    takes: 'SIZE',
    mustBe: 'a size, in bytes or with KiB, MiB or GiB; 0 keeps no copies',
    help: 'memory for copies of values whose masters are other nodes',
    about: 'A value larger than an eighth of it is not kept as a copy.',
  }),
  'store-bytes-max': setting({
    schema: size(MiB, Number.MAX_SAFE_INTEGER).optional(),
    takes: 'SIZE',
    mustBe: 'a size of at least 1MiB, in bytes or with KiB, MiB or GiB',
    help: 'size at which the store is full; without it: what the disk holds',
    example: '"10GiB"',
    about: 'Beyond it every node refuses new values with 507.',
  }),
  'log-level': setting({
    schema: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
    takes: 'LEVEL',
    mustBe: 'debug, info, warn or error',
    help: 'the least important events to log',
    isReloaded: true,
  }),
  'secret-file': setting({
    schema: z.string().min(1).optional(),
    takes: 'FILE',
    mustBe: 'the path of a file',
    help: 'secrets that the nodes share, one a line; the first one signs',
    example: '"/etc/diststore/secret"',
    isReloaded: true,
    about:
      'The nodes sign everything they tell each other. The same file goes to every host, and only ' +
      'the user of the service may have access to it. A new secret is put below the old one on ' +
      'every host, then above, then the old one goes; the nodes read their settings again each ' +
      'time. The first secret of a cluster, and giving up the last, need all nodes stopped.',
  }),
  config: setting({
    schema: z.string().min(1).optional(),
    takes: 'FILE',
    mustBe: 'the path of a TOML file',
    help: 'settings file; without it: /etc/diststore/diststored.toml, if it exists',
  }),
  witness: setting({
    schema: z.preprocess(wordToTruth, z.boolean()).default(false),
    takes: '',
    mustBe: 'true or false',
    help: 'this node votes and keeps copies, and is never a master',
    about: 'It does not count for min-copies.',
  }),
  voters: setting({
    schema: wholeNumber(1, VOTERS_MAX)
      .refine((count) => count % 2 === 1)
      .optional(),
    takes: 'COUNT',
    mustBe: `an odd number from 1 to ${VOTERS_MAX}: one more than an odd number survives no more losses`,
    help: 'mode majority: the first nodes to join, so many, decide [3]',
    example: '3',
  }),
  node: setting({
    schema: z
      .preprocess(wordsToList, z.array(z.string().refine(isHostAndPort)).max(SEEDS_MAX))
      .default([]),
    takes: 'HOST:PORT',
    mustBe: `host:port, as 10.1.2.3:8181; up to ${SEEDS_MAX} of them, with commas between`,
    help: 'nodes to look for where multicast does not reach; may be repeated',
    isList: true,
    example: '["10.1.2.3:8181", "10.1.2.4:8181"]',
    isReloaded: true,
    about:
      'One that answers is enough, on one side of the two: it introduces the rest, and nodes ' +
      'remember whom they knew.',
  }),
} as const

export type SettingName = keyof typeof SCHEMA

/** The checked values by setting name, before addresses and paths are worked out. */
export type SettingValues = {
  readonly [Name in SettingName]: z.output<(typeof SCHEMA)[Name]['schema']>
}

export const SETTING_NAMES: readonly SettingName[] = Object.keys(SCHEMA).filter(isSettingName)

export function isSettingName(text: string): text is SettingName {
  return Object.hasOwn(SCHEMA, text)
}

function setting<Schema extends z.ZodType>(given: Setting<Schema>): Setting<Schema> {
  return given
}

function wholeNumber(from: number, to: number) {
  return z.preprocess(digitsToNumber, z.int().min(from).max(to))
}

function size(from: number, to: number) {
  return z.preprocess(sizeToNumber, z.int().min(from).max(to))
}

function sizeToNumber(raw: unknown): unknown {
  return typeof raw === 'string' ? (parseBytes(raw) ?? raw) : raw
}

function wordToTruth(raw: unknown): unknown {
  return raw === 'true' ? true : raw === 'false' ? false : raw
}

function wordsToList(raw: unknown): unknown {
  return typeof raw === 'string' ? raw.split(/[\s,]+/).filter((word) => word !== '') : raw
}

/** A name or an IPv4 address, and a port. */
function isHostAndPort(text: string): boolean {
  const [, host = '', port = ''] = /^([A-Za-z0-9.-]{1,253}):(\d{1,5})$/.exec(text) ?? []
  const isHost = /^[\d.]+$/.test(host) ? isUnicastIPv4(host) : !/^[-.]|\.\.|-$/.test(host)
  return isHost && Number(port) >= 1 && Number(port) <= 65_535
}

function digitsToNumber(raw: unknown): unknown {
  return typeof raw === 'string' && /^\d{1,15}$/.test(raw) ? Number(raw) : raw
}

/** An address that one node can have; 0.0.0.0 and broadcast are none. */
function isUnicastIPv4(text: string): boolean {
  const first = firstOctet(text)
  return first !== undefined && first > 0 && first < 224
}

function isMulticastIPv4(text: string): boolean {
  const first = firstOctet(text)
  return first !== undefined && first >= 224 && first < 240
}

function firstOctet(text: string): number | undefined {
  return isIPv4(text) ? Number.parseInt(text, 10) : undefined
}
