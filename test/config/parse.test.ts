// Every setting from every source, which source wins, and what each bad value is answered with.
import t from 'tap'
import type { InterfaceAddress } from '../../src/config/addresses.ts'
import { DEFAULT_CONFIG_FILE } from '../../src/config/file.ts'
import { type Parsed, parseSettings } from '../../src/config/parse.ts'
import type { ReadSecretFile } from '../../src/config/secret-file.ts'
import type { NodeSettings } from '../../src/config/settings.ts'

const INTERFACES: readonly InterfaceAddress[] = [
  { name: 'lo', address: '127.0.0.1', prefixBits: 8, isInternal: true, hasDefaultRoute: false },
  { name: 'eth0', address: '10.1.2.3', prefixBits: 24, isInternal: false, hasDefaultRoute: false },
  {
    name: 'eth1',
    address: '192.168.7.9',
    prefixBits: 16,
    isInternal: false,
    hasDefaultRoute: false,
  },
]

/** A secret file for every path but one. */
const SECRET = Buffer.alloc(32, 0xa5)
const readSecretFile: ReadSecretFile = (path) =>
  path === '/etc/none'
    ? { kind: 'absent' }
    : { kind: 'text', text: SECRET.toString('hex'), mode: 0o600 }

interface Around {
  readonly argv?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Text by path. */
  readonly files?: Readonly<Record<string, string>>
  readonly interfaces?: readonly InterfaceAddress[]
}

function parse({ argv = [], env = {}, files = {}, interfaces = INTERFACES }: Around): Parsed {
  const readFile = (path: string) => {
    if (path.startsWith('/secret/')) return { kind: 'unreadable', reason: 'not allowed' } as const
    const text = files[path]
    return text === undefined ? ({ kind: 'absent' } as const) : ({ kind: 'text', text } as const)
  }
  return parseSettings({ argv, env, interfaces, readFile, readSecretFile })
}

const DEFAULTS: NodeSettings = {
  cluster: { mode: 'available', voters: 0, minCopies: 'auto', valueBytesMax: 8_388_608 },
  clusterName: 'default',
  host: '0.0.0.0',
  announceHost: '10.1.2.3',
  port: 8181,
  group: '239.192.73.81',
  groupPort: 4983,
  interfaceAddress: '10.1.2.3',
  placeWish: { host: undefined, interface: undefined },
  nodes: [],
  isWitness: false,
  dataDir: './diststore-data/10.1.2.3-8181',
  durability: 'fsync',
  copyBytesMax: 67_108_864,
  storeBytesMax: undefined,
  logLevel: 'info',
  secretFile: undefined,
  secrets: [],
}

t.test('nothing given: the defaults', async (t) => {
  t.strictSame(parse({}), { kind: 'settings', settings: DEFAULTS })
})

/** A good value: setting, text, the same in TOML, and what differs from the defaults. */
const GOOD: readonly (readonly [string, string, string, Partial<NodeSettings>])[] = [
  [
    'host',
    '10.1.2.3',
    '"10.1.2.3"',
    {
      host: '10.1.2.3',
      dataDir: './diststore-data/10.1.2.3-8181',
      placeWish: { host: '10.1.2.3', interface: undefined },
    },
  ],
  ['port', '9', '9', { port: 9, dataDir: './diststore-data/10.1.2.3-9' }],
  ['port', '65535', '65535', { port: 65_535, dataDir: './diststore-data/10.1.2.3-65535' }],
  ['group', '224.0.0.9', '"224.0.0.9"', { group: '224.0.0.9' }],
  ['group-port', '1', '1', { groupPort: 1 }],
  ['interface', 'lo', '"lo"', onLoopback('127.0.0.1', 'lo')],
  ['interface', '127.1.2.1', '"127.1.2.1"', onLoopback('127.1.2.1')],
  ['cluster', ' a b ~', '" a b ~"', { clusterName: ' a b ~' }],
  ['data-dir', '/srv/x', '"/srv/x"', { dataDir: '/srv/x' }],
  ['secret-file', '/etc/s', '"/etc/s"', { secretFile: '/etc/s', secrets: [SECRET] }],
  ['durability', 'relaxed', '"relaxed"', { durability: 'relaxed' }],
  ['durability', 'memory', '"memory"', { durability: 'memory' }],
  ['mode', 'available', '"available"', {}],
  ['min-copies', '1', '1', { cluster: { ...DEFAULTS.cluster, minCopies: 1 } }],
  ['min-copies', '2', '"2"', { cluster: { ...DEFAULTS.cluster, minCopies: 2 } }],
  ['min-copies', 'auto', '"auto"', {}],
  ['value-bytes-max', '1', '1', { cluster: { ...DEFAULTS.cluster, valueBytesMax: 1 } }],
  [
    'value-bytes-max',
    '256MiB',
    '"256 MiB"',
    { cluster: { ...DEFAULTS.cluster, valueBytesMax: 268_435_456 } },
  ],
  ['copy-bytes-max', '0', '0', { copyBytesMax: 0 }],
  ['copy-bytes-max', '2 KiB', '"2KiB"', { copyBytesMax: 2048 }],
  ['store-bytes-max', '3GiB', '"3 GiB"', { storeBytesMax: 3_221_225_472 }],
  ['store-bytes-max', '1048576', '1_048_576', { storeBytesMax: 1_048_576 }],
  ['node', '10.1.2.9:8181', '"10.1.2.9:8181"', { nodes: ['10.1.2.9:8181'] }],
  ['node', 'a.lan:1, b:2', '["a.lan:1", "b:2"]', { nodes: ['a.lan:1', 'b:2'] }],
  ['log-level', 'debug', '"debug"', { logLevel: 'debug' }],
  ['log-level', 'warn', '"warn"', { logLevel: 'warn' }],
  ['log-level', 'error', '"error"', { logLevel: 'error' }],
]

function onLoopback(address: string, named = address): Partial<NodeSettings> {
  const dataDir = `./diststore-data/${address}-8181`
  const placeWish = { host: undefined, interface: named }
  return { announceHost: address, interfaceAddress: address, dataDir, placeWish }
}

t.test('each setting is read from flag, variable and file', async (t) => {
  for (const [name, text, toml, change] of GOOD) {
    const expected = { kind: 'settings', settings: { ...DEFAULTS, ...change } }
    const variable = `DISTSTORE_${name.toUpperCase().replaceAll('-', '_')}`
    t.strictSame(parse({ argv: [`--${name}`, text] }), expected, `--${name} ${text}`)
    t.strictSame(parse({ argv: [`--${name}=${text}`] }), expected, `--${name}=${text}`)
    t.strictSame(parse({ env: { [variable]: text } }), expected, `${variable}=${text}`)
    const files = { [DEFAULT_CONFIG_FILE]: `${name} = ${toml}` }
    t.strictSame(parse({ files }), expected, `${name} = ${toml}`)
  }
})

t.test('a flag without a value is true', async (t) => {
  const witness = { kind: 'settings', settings: { ...DEFAULTS, isWitness: true } }
  t.strictSame(parse({ argv: ['--witness'] }), witness)
  t.strictSame(parse({ argv: ['--witness=true'] }), witness)
  t.strictSame(parse({ env: { DISTSTORE_WITNESS: 'true' } }), witness)
  t.strictSame(parse({ files: { [DEFAULT_CONFIG_FILE]: 'witness = true' } }), witness)
  t.strictSame(parse({ argv: ['--witness=false'] }), { kind: 'settings', settings: DEFAULTS })
})

t.test('mode majority has three voters, or as many as are asked for', async (t) => {
  const withVoters = (voters: number) => {
    const cluster = { ...DEFAULTS.cluster, mode: 'majority' as const, voters }
    return { kind: 'settings', settings: { ...DEFAULTS, cluster } }
  }
  t.strictSame(parse({ argv: ['--mode', 'majority'] }), withVoters(3))
  t.strictSame(parse({ argv: ['--mode', 'majority', '--voters', '5'] }), withVoters(5))
})

t.test('the first found wins: flag, variable, file', async (t) => {
  const argv = ['--port', '1']
  const env = { DISTSTORE_PORT: '2' }
  const files = { [DEFAULT_CONFIG_FILE]: 'port = 3' }
  const port = (around: Around) => {
    const parsed = parse(around)
    return parsed.kind === 'settings' ? parsed.settings.port : parsed
  }
  t.equal(port({ argv, env, files }), 1)
  t.equal(port({ env, files }), 2)
  t.equal(port({ files }), 3)
  t.equal(port({ argv, env: { DISTSTORE_PORT: 'x' } }), 1, 'what lost is not looked at')
})

t.test('the settings file', async (t) => {
  const files = { '/a.toml': 'port = 1', '/b.toml': 'port = 2', [DEFAULT_CONFIG_FILE]: 'port = 3' }
  const port = (around: Around) => {
    const parsed = parse({ ...around, files })
    return parsed.kind === 'settings' ? parsed.settings.port : parsed
  }
  t.equal(port({}), 3)
  t.equal(port({ argv: ['--config', '/a.toml'] }), 1)
  t.equal(port({ env: { DISTSTORE_CONFIG: '/b.toml' } }), 2)
  t.equal(port({ argv: ['--config=/a.toml'], env: { DISTSTORE_CONFIG: '/b.toml' } }), 1)
})

t.test('actions', async (t) => {
  t.strictSame(parse({ argv: ['--version'] }), { kind: 'version' })
  t.strictSame(parse({ argv: ['--check-config'] }), { kind: 'checked' })
  t.strictSame(parse({ argv: ['--check-config', '--port', '1'] }), { kind: 'checked' })
  t.equal(parse({ argv: ['--check-config', '--port', '0'] }).kind, 'bad')
  t.equal(parse({ argv: ['--help'] }).kind, 'help')
  t.equal(parse({ argv: ['--prot', '--help'] }).kind, 'help', 'help in spite of mistakes')
})

const BYTES = 'in bytes or with KiB, MiB or GiB'
const PORT = 'it must be a whole number from 1 to 65535'
const HOST =
  'it must be a unicast IPv4 address of this machine; leave it out to listen on all addresses'
const INTERFACE = 'it must be the name or the IPv4 address of a network interface'
const MACHINE = '(this machine has lo 127.0.0.1/8, eth0 10.1.2.3/24, eth1 192.168.7.9/16)'
const GROUP = 'it must be an IPv4 multicast address (224.0.0.0 to 239.255.255.255)'
const VOTERS =
  'it must be an odd number from 1 to 15: one more than an odd number survives no more losses'
const NODE = 'it must be host:port, as 10.1.2.3:8181; up to 16 of them, with commas between'
const VALUE = 'it must be a size from 1 to 256MiB, in bytes or with KiB or MiB'

/** Setting, bad text, the end of the sentence after where it came from. */
const BAD_TEXTS: readonly (readonly [string, string, string])[] = [
  ['port', '0', `is "0"; ${PORT}`],
  ['port', '65536', `is "65536"; ${PORT}`],
  ['port', '-1', `is "-1"; ${PORT}`],
  ['port', '1.5', `is "1.5"; ${PORT}`],
  ['port', '0x10', `is "0x10"; ${PORT}`],
  ['port', '', `is ""; ${PORT}`],
  ['port', ' 80', `is " 80"; ${PORT}`],
  ['port', 'tcp://10.0.0.1:8181', `is "tcp://10.0.0.1:8181"; ${PORT}`],
  ['group-port', '99999999999999999999', `is "99999999999999999999"; ${PORT}`],
  ['host', 'localhost', `is "localhost"; ${HOST}`],
  ['host', '0.0.0.0', `is "0.0.0.0"; ${HOST}`],
  ['host', '255.255.255.255', `is "255.255.255.255"; ${HOST}`],
  ['host', '::1', `is "::1"; ${HOST}`],
  ['host', '10.9.9.9', `is "10.9.9.9"; ${HOST} ${MACHINE}`],
  ['interface', 'eth9', `is "eth9"; ${INTERFACE} ${MACHINE}`],
  ['interface', '10.1.2.4', `is "10.1.2.4"; ${INTERFACE} ${MACHINE}`],
  ['group', '10.0.0.1', `is "10.0.0.1"; ${GROUP}`],
  ['group', '240.0.0.1', `is "240.0.0.1"; ${GROUP}`],
  ['group', 'ff02::1', `is "ff02::1"; ${GROUP}`],
  ['cluster', '', 'is ""; it must be 1 to 64 printable ASCII characters'],
  ['cluster', 'a\nb', 'is "a\\nb"; it must be 1 to 64 printable ASCII characters'],
  [
    'cluster',
    'x'.repeat(65),
    `is "${'x'.repeat(59)}…; it must be 1 to 64 printable ASCII characters`,
  ],
  ['data-dir', '', 'is ""; it must be the path of a directory'],
  ['durability', 'sync', 'is "sync"; it must be fsync, relaxed or memory'],
  ['mode', 'any', 'is "any"; it must be available or majority'],
  ['min-copies', '3', 'is "3"; it must be auto, 1 or 2'],
  ['value-bytes-max', '0', `is "0"; ${VALUE}`],
  ['value-bytes-max', '257MiB', `is "257MiB"; ${VALUE}`],
  ['value-bytes-max', '8MB', `is "8MB"; ${VALUE}`],
  ['value-bytes-max', '1.5MiB', `is "1.5MiB"; ${VALUE}`],
  ['copy-bytes-max', '-1', `is "-1"; it must be a size, ${BYTES}; 0 keeps no copies`],
  [
    'copy-bytes-max',
    '999999999GiB',
    `is "999999999GiB"; it must be a size, ${BYTES}; 0 keeps no copies`,
  ],
  ['store-bytes-max', '1023KiB', `is "1023KiB"; it must be a size of at least 1MiB, ${BYTES}`],
  ['log-level', 'trace', 'is "trace"; it must be debug, info, warn or error'],
  ['voters', '2', `is "2"; ${VOTERS}`],
  ['voters', '17', `is "17"; ${VOTERS}`],
  ['witness', 'yes', 'is "yes"; it must be true or false'],
  ['node', '10.1.2.9', `is "10.1.2.9"; ${NODE}`],
  ['node', '239.1.1.1:80', `is "239.1.1.1:80"; ${NODE}`],
  ['node', 'a:80,b:0', `is "a:80,b:0"; ${NODE}`],
  ['node', 'http://a:80', `is "http://a:80"; ${NODE}`],
  ['node', '1.2.3:80', `is "1.2.3:80"; ${NODE}`],
]

t.test('a bad text: which setting, where it came from, what it must be', async (t) => {
  for (const [name, text, end] of BAD_TEXTS) {
    const variable = `DISTSTORE_${name.toUpperCase().replaceAll('-', '_')}`
    const files = { [DEFAULT_CONFIG_FILE]: `${name} = ${JSON.stringify(text)}` }
    const say = (source: string) => ({ kind: 'bad', sentence: `${name} (${source}) ${end}` })
    t.strictSame(parse({ argv: [`--${name}=${text}`] }), say(`flag --${name}`), `--${name}=${text}`)
    t.strictSame(
      parse({ env: { [variable]: text } }),
      say(`variable ${variable}`),
      `${variable}=${text}`,
    )
    t.strictSame(
      parse({ files }),
      say(`${DEFAULT_CONFIG_FILE}, key ${name}`),
      `${name} = "${text}"`,
    )
  }
})

/** What is wrong outside a single text, and the whole sentence. */
const BAD: readonly (readonly [Around, string])[] = [
  [
    { argv: ['--voters', '3'] },
    'voters (flag --voters) is for mode majority: set mode to majority, or leave it out',
  ],
  [{ argv: ['--prot', '1'] }, 'there is no flag "--prot"; did you mean --port?'],
  [{ argv: ['--loglevel=debug'] }, 'there is no flag "--loglevel"; did you mean --log-level?'],
  [{ argv: ['--hepl'] }, 'there is no flag "--hepl"; did you mean --help?'],
  [{ argv: ['--zzzzz'] }, 'there is no flag "--zzzzz"; --help lists the flags'],
  [{ argv: ['--constructor', 'x'] }, 'there is no flag "--constructor"; --help lists the flags'],
  [{ argv: ['-p', '1'] }, '"-p" is no flag; flags look like --port 8181'],
  [{ argv: ['8181'] }, '"8181" is no flag; flags look like --port 8181'],
  [{ argv: [''] }, '"" is no flag; flags look like --port 8181'],
  [{ argv: ['--port'] }, 'flag --port needs a value after it'],
  [{ argv: ['--port', '--host', '10.1.2.3'] }, 'flag --port needs a value after it'],
  [{ argv: ['--port', '1', '--port=1'] }, 'flag --port is given twice'],
  [
    { argv: ['--port', '4983'] },
    'group-port (its default) must differ from port, which is 4983 too',
  ],
  [
    { env: { DISTSTORE_GROUP_PORT: '8181' } },
    'group-port (variable DISTSTORE_GROUP_PORT) must differ from port, which is 8181 too',
  ],
  [
    { env: { DISTSTORE_PROT: '1' } },
    'there is no setting for the variable DISTSTORE_PROT; did you mean DISTSTORE_PORT?',
  ],
  [
    { env: { DISTSTORE_port: '1' } },
    'there is no setting for the variable DISTSTORE_port; did you mean DISTSTORE_PORT?',
  ],
  [
    { argv: ['--config', '/no.toml'] },
    'config (flag --config) must be the path of a TOML file; there is no /no.toml',
  ],
  [
    { env: { DISTSTORE_CONFIG: '/no.toml' } },
    'config (variable DISTSTORE_CONFIG) must be the path of a TOML file; there is no /no.toml',
  ],
  [{ argv: ['--config', '/secret/a'] }, '/secret/a cannot be read: not allowed'],
  [inFile('portt = 1'), 'there is no key "portt" in /a.toml; did you mean port?'],
  [inFile('config = "/b.toml"'), 'there is no key "config" in /a.toml'],
  [inFile('__proto__ = 1'), 'there is no key "__proto__" in /a.toml'],
  [inFile('"a\\nb" = 1'), 'there is no key "a\\nb" in /a.toml'],
  [
    inFile('[cluster]\nname = "x"'),
    'cluster (/a.toml, key cluster) is {"name":"x"}; it must be 1 to 64 printable ASCII characters',
  ],
  [inFile('port = [1]'), `port (/a.toml, key port) is [1]; ${PORT}`],
  [inFile('port = 1.5'), `port (/a.toml, key port) is 1.5; ${PORT}`],
  [inFile('port = true'), `port (/a.toml, key port) is true; ${PORT}`],
  [inFile('min-copies = 3'), 'min-copies (/a.toml, key min-copies) is 3; it must be auto, 1 or 2'],
  [inFile('port = 1\nhost ='), '/a.toml, line 2, is no TOML: invalid value'],
]

function inFile(text: string): Around {
  return { argv: ['--config', '/a.toml'], files: { '/a.toml': text } }
}

t.test('other mistakes', async (t) => {
  for (const [around, sentence] of BAD) {
    t.strictSame(parse(around), { kind: 'bad', sentence }, sentence)
  }
})

t.test('node may be given more than once, and no other flag', async (t) => {
  const parsed = parse({ argv: ['--node', 'a:1', '--port', '9', '--node=b:2,c:3'] })
  t.match(parsed, { settings: { nodes: ['a:1', 'b:2', 'c:3'] } })
  const many = Array.from({ length: 17 }, (_, i) => `a${i}:1`).join()
  t.match(parse({ argv: ['--node', many] }), { kind: 'bad', sentence: /up to 16 of them/ })
})

t.test('variables that are nobody’s slip belong to somebody else', async (t) => {
  const env = { DISTSTORE_SERVICE_HOST: 'x', DISTSTORE_URL: 'x', DISTSTORE_: 'x', PORT: 'x' }
  t.strictSame(parse({ env }), { kind: 'settings', settings: DEFAULTS })
})

/** Arguments, the machine's interfaces: address to bind, to announce, for multicast. */
const LOOPBACK_ONLY = INTERFACES.slice(0, 1)
const ADDRESSES: readonly (readonly [string, readonly InterfaceAddress[], string])[] = [
  ['', INTERFACES, '0.0.0.0 10.1.2.3 10.1.2.3'],
  ['', LOOPBACK_ONLY, '0.0.0.0 127.0.0.1 127.0.0.1'],
  ['', [], '0.0.0.0 127.0.0.1 127.0.0.1'],
  ['--host 127.1.2.1', INTERFACES, '127.1.2.1 127.1.2.1 127.1.2.1'],
  ['--host 192.168.7.9', INTERFACES, '192.168.7.9 192.168.7.9 192.168.7.9'],
  ['--host 192.168.99.1', INTERFACES, '192.168.99.1 192.168.99.1 192.168.7.9'],
  ['--host 10.1.2.3 --interface eth1', INTERFACES, '10.1.2.3 10.1.2.3 192.168.7.9'],
  ['--host 10.9.9.9 --interface eth1', INTERFACES, '10.9.9.9 10.9.9.9 192.168.7.9'],
  ['--interface eth1', INTERFACES, '0.0.0.0 192.168.7.9 192.168.7.9'],
]

t.test('which address is bound, announced, and used for multicast', async (t) => {
  for (const [flags, interfaces, expected] of ADDRESSES) {
    const parsed = parse({ argv: flags.split(' ').filter((each) => each !== ''), interfaces })
    const settings = parsed.kind === 'settings' ? parsed.settings : DEFAULTS
    const { host, announceHost, interfaceAddress } = settings
    const title = `${flags} with ${interfaces.length} interfaces`
    t.equal(`${host} ${announceHost} ${interfaceAddress}`, expected, title)
  }
})

t.test('the data directory', async (t) => {
  const dataDir = (argv: readonly string[], env: Readonly<Record<string, string>>) => {
    const parsed = parse({ argv, env })
    return parsed.kind === 'settings' ? parsed.settings.dataDir : parsed
  }
  t.equal(dataDir([], { STATE_DIRECTORY: '/var/lib/diststore' }), '/var/lib/diststore')
  t.equal(dataDir([], { STATE_DIRECTORY: '/a:/b' }), '/a', 'systemd may name several')
  t.equal(dataDir(['--data-dir', '/c'], { STATE_DIRECTORY: '/a' }), '/c')
  t.equal(dataDir(['--host', '127.1.2.1', '--port', '9'], {}), './diststore-data/127.1.2.1-9')
})
