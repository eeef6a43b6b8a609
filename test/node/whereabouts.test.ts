// How a node follows the interfaces of its machine: a line a look, in fake time.
import t from 'tap'
import { type InterfaceAddress, placeOf, type PlaceWish } from '../../src/config/addresses.ts'
import { AWAY_FOR_MS, BETTER_FOR_MS } from '../../src/node/limits.ts'
import { Whereabouts } from '../../src/node/whereabouts.ts'

const KINDS: Readonly<Record<string, Omit<InterfaceAddress, 'address'>>> = {
  lo: { name: 'lo', prefixBits: 8, isInternal: true, hasDefaultRoute: false },
  eth0: { name: 'eth0', prefixBits: 24, isInternal: false, hasDefaultRoute: false },
  routed: { name: 'eth1', prefixBits: 24, isInternal: false, hasDefaultRoute: true },
  eth1: { name: 'eth1', prefixBits: 24, isInternal: false, hasDefaultRoute: false },
  docker: { name: 'docker0', prefixBits: 16, isInternal: false, hasDefaultRoute: false },
}

/** `eth0=10.1.2.3`; loopback is always there. */
function machine(text: string): InterfaceAddress[] {
  const words = ['lo=127.0.0.1', ...text.split(' ').filter((word) => word !== '')]
  return words.map((word) => {
    const [kind = '', address = ''] = word.split('=')
    const found = KINDS[kind]
    if (found === undefined) throw new Error(`no interface ${kind}`)
    return { ...found, address }
  })
}

/** When, what interfaces there are, and what follows: what changed, and where the node is then. */
type Look = readonly [atMs: number, interfaces: string, expected: string]

function follow(first: string, looks: readonly Look[], wish: Partial<PlaceWish> = {}): string[] {
  const whole = { host: undefined, interface: undefined, ...wish }
  const place = placeOf(whole, machine(first))
  if (place === undefined) throw new Error('no such place')
  const whereabouts = new Whereabouts(whole, place)
  whereabouts.look(machine(first), 0)
  return looks.map(([atMs, text]) => {
    const { kind } = whereabouts.look(machine(text), atMs)
    return `${kind} ${whereabouts.place.announceHost}`
  })
}

const A = 'eth0=10.1.2.3'

const CASES: readonly (readonly [string, string, readonly Look[], Partial<PlaceWish>?])[] = [
  ['nothing changes', A, [[2000, A, 'none 10.1.2.3']]],
  [
    'a network that appears late is used once it has been there for a moment',
    '',
    [
      [1000, A, 'none 127.0.0.1'],
      [999 + BETTER_FOR_MS, A, 'none 127.0.0.1'],
      [1000 + BETTER_FOR_MS, A, 'moved 10.1.2.3'],
      [2000 + BETTER_FOR_MS, A, 'none 10.1.2.3'],
    ],
  ],
  [
    'one that only flickers is not',
    '',
    [
      [1000, A, 'none 127.0.0.1'],
      [3000, '', 'none 127.0.0.1'],
      [1000 + BETTER_FOR_MS, A, 'none 127.0.0.1'],
    ],
  ],
  [
    'another address of the same interface is followed at once',
    A,
    [
      [2000, 'eth0=10.1.2.9', 'moved 10.1.2.9'],
      [4000, A, 'moved 10.1.2.3'],
    ],
  ],
  [
    'a pulled cable: the node stays where it was, and joins again afterwards',
    A,
    [
      [2000, '', 'none 10.1.2.3'],
      [2000 + 2 * AWAY_FOR_MS, '', 'none 10.1.2.3'],
      [3000 + 2 * AWAY_FOR_MS, A, 'back 10.1.2.3'],
    ],
  ],
  [
    'with another network left the node moves there, but not soon',
    `${A} eth1=10.1.3.3`,
    [
      [2000, 'eth1=10.1.3.3', 'none 10.1.2.3'],
      [1999 + AWAY_FOR_MS, 'eth1=10.1.3.3', 'none 10.1.2.3'],
      [2000 + AWAY_FOR_MS, 'eth1=10.1.3.3', 'moved 10.1.3.3'],
      [4000 + AWAY_FOR_MS, `${A} eth1=10.1.3.3`, 'none 10.1.3.3'],
      [90_000, `${A} eth1=10.1.3.3`, 'none 10.1.3.3'],
    ],
  ],
  [
    'where no other host is, it does not move',
    `docker=172.17.0.1 ${A}`,
    [[90_000, 'docker=172.17.0.1', 'none 10.1.2.3'] as const].flatMap((look) => [
      [2000, look[1], look[2]] as const,
      look,
    ]),
  ],
  [
    'a better interface is used after a moment: one with the default route',
    A,
    [
      [2000, `${A} routed=10.1.3.3`, 'none 10.1.2.3'],
      [2000 + BETTER_FOR_MS, `${A} routed=10.1.3.3`, 'moved 10.1.3.3'],
      [4000 + BETTER_FOR_MS, `${A} eth1=10.1.3.3`, 'none 10.1.3.3'],
    ],
  ],
  [
    'a named interface is followed, and no other',
    A,
    [
      [2000, 'routed=10.1.3.3', 'none 10.1.2.3'],
      [90_000, 'routed=10.1.3.3', 'none 10.1.2.3'],
      [92_000, 'eth0=10.1.2.9 routed=10.1.3.3', 'moved 10.1.2.9'],
    ],
    { interface: 'eth0' },
  ],
  [
    'a given host is never another one',
    A,
    [
      [2000, 'eth0=10.1.2.9', 'moved 10.1.2.3'],
      [4000, 'eth0=10.1.7.9', 'none 10.1.2.3'],
      [90_000, `${A} routed=10.1.3.3`, 'moved 10.1.2.3'],
    ],
    { host: '10.1.2.3' },
  ],
]

for (const [title, first, looks, wish] of CASES) {
  t.test(title, async (t) => {
    const expected = looks.map(([, , each]) => each)
    t.strictSame(follow(first, looks, wish), expected)
  })
}

t.test('what an operator should know is said, and taken back', async (t) => {
  const none = { host: undefined, interface: undefined }
  const at = (address: string) => ({ announceHost: address, interfaceAddress: address })
  const alone = new Whereabouts(none, at('127.0.0.1'))
  alone.look(machine(''), 0)
  t.match(alone.warnings(), [/^this host has no network but loopback: .*/])
  alone.look(machine(A), 0)
  alone.look(machine(A), BETTER_FOR_MS)
  t.strictSame(alone.warnings(), [])
  alone.look(machine(''), 2 * BETTER_FOR_MS)
  t.match(alone.warnings(), [/^no interface of this host has 10\.1\.2\.3 now: .*/])
  alone.look(machine(A), 3 * BETTER_FOR_MS)
  t.strictSame(alone.warnings(), [])
  const meant = new Whereabouts({ ...none, host: '127.0.0.1' }, at('127.0.0.1'))
  meant.look(machine(''), 0)
  t.strictSame(meant.warnings(), [], 'somebody wants it so')
})
