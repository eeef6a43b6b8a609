// Doctor's sentences: one row a fault, from facts to what is said and what is to be done.
import t from 'tap'
import type { ReportedNode } from '../../../src/cli/cluster-report.ts'
import type { Facts, OtherNode, Stranger } from '../../../src/cli/doctor/facts.ts'
import { findingsOf, isWell } from '../../../src/cli/doctor/findings.ts'
import { type Case, factsOf, MiB, THREE, TWO, WELL, type Way } from './facts.ts'

/** Never by multicast, and always by unicast. */
const ONLY_UNICAST: Way = { multicastMs: null, unicastMs: 90 }
const STOPPED: Way = { multicastMs: 300_000, unicastMs: 90 }

const BOTH = (way: Way) => ({ [TWO]: way, [THREE]: way })
const stranger = (reason: string): Stranger => ({
  address: '10.0.0.9:8181',
  reason,
  packets: 3,
  lastMs: 10,
})

/** What is wrong, what is said of it in this order, with what to do. `~` marks a note. */
const CASES: readonly (readonly [
  title: string,
  given: Case,
  said: readonly (readonly [string, RegExp])[],
])[] = [
  ['nothing', {}, []],
  [
    'multicast never passed',
    { in: BOTH(ONLY_UNICAST), out: BOTH_OUT(['unicast']) },
    [
      [`${TWO} is not heard by multicast; unicast carries on`, /^$/],
      [`${TWO} does not hear this node by multicast`, /^$/],
      [`${THREE} is not heard by multicast; unicast carries on`, /^$/],
      [`${THREE} does not hear this node by multicast`, /^$/],
      [
        'no multicast passes between this host and any other',
        /firewalls .* UDP to 239\.192\.73\.81 port 4983; .*querier .*; .*node = "HOST:PORT"/,
      ],
    ],
  ],
  [
    'multicast has stopped',
    { in: { [TWO]: STOPPED }, out: { [TWO]: ['unicast'] } },
    [
      [`${TWO} is not heard by multicast any more, for 5 min; unicast carries on`, /^$/],
      [`${TWO} does not hear this node by multicast`, /^$/],
      [
        'multicast came from every other host and has stopped: so does a switch that snoops IGMP ' +
          'while there is no querier',
        /turn on an IGMP querier .* mcast_querier 1, or mcast_snooping 0/,
      ],
    ],
  ],
  [
    'multicast does not come in',
    { in: { [TWO]: { multicastMs: null } } },
    [
      [`${TWO} is not heard by multicast`, /^$/],
      [
        'the others hear the multicast of this host, and none of theirs comes in',
        /firewall of this host pass UDP to 239/,
      ],
    ],
  ],
  [
    'multicast does not go out',
    { out: BOTH_OUT([]) },
    [
      [`${TWO} does not hear this node by multicast`, /^$/],
      [`${THREE} does not hear this node by multicast`, /^$/],
      [
        'multicast comes in, and none of this host reaches the others',
        /pass UDP out to .*interface names the network/,
      ],
    ],
  ],
  [
    'one host of two is apart',
    { in: { [TWO]: WELL, [THREE]: ONLY_UNICAST } },
    [
      [`${THREE} is not heard by multicast; unicast carries on`, /^$/],
      [
        `multicast passes between this host and others, but not all of it to or from ${THREE}`,
        /run diststore doctor there/,
      ],
    ],
  ],
  [
    'two others do not hear each other',
    { twoHearsThree: ['unicast'] },
    [[`${TWO} does not hear ${THREE} by multicast`, /run diststore doctor on these hosts/]],
  ],
  [
    'a node is dead',
    { in: { [TWO]: WELL, [THREE]: { ...WELL, state: 'dead' } } },
    [[`${THREE} is dead: nothing came from it for 4.0 s`, /diststore forget 10\.0\.0\.3:8181/]],
  ],
  ['a node that left is no news', { in: { [TWO]: WELL, [THREE]: { ...WELL, state: 'left' } } }, []],
  [
    'HTTP does not pass',
    { out: { [TWO]: undefined, [THREE]: ['multicast'] } },
    [[`${TWO} does not answer by HTTP: no answer`, /pass TCP and UDP to 10\.0\.0\.2:8181/]],
  ],
  [
    'some loss',
    { in: { [TWO]: { ...WELL, lostShare: 0.05 } } },
    [[`~5 % of the multicast of ${TWO} is lost`, /cable/]],
  ],
  [
    'much loss',
    { in: { [TWO]: { ...WELL, lostShare: 0.4 } } },
    [[`40 % of the multicast of ${TWO} is lost`, /cable/]],
  ],
  [
    'clocks drift',
    { in: { [TWO]: { ...WELL, clockAheadMs: -800 } } },
    [[`~the clocks of ${TWO} and of this host differ: it is 800 ms behind`, /set-ntp/]],
  ],
  [
    'a clock is wrong',
    { in: { [TWO]: { ...WELL, clockAheadMs: 3_600_000 } } },
    [[`the clocks of ${TWO} and of this host differ: it is 3600.0 s ahead`, /set-ntp/]],
  ],
  [
    'it does not hear itself',
    { ownMs: 6000 },
    [['this node does not hear its own multicast: this host itself drops it', /firewall/]],
  ],
  [
    'the group cannot be joined',
    { joinTrouble: 'ENODEV' },
    [['the group 239.192.73.81 cannot be joined on 10.0.0.1 (ENODEV)', /ip address/]],
  ],
  [
    'the kernel has no membership',
    { isMember: false },
    [['the system does not count eth0 as a member of 239.192.73.81', /restart/]],
  ],
  [
    'the device is down',
    { device: { isUp: false } },
    [['eth0 is down', /ip link set dev eth0 up$/]],
  ],
  [
    'the device has no multicast',
    { device: { isMulticast: false } },
    [['eth0 takes no multicast', /ip link set dev eth0 multicast on$/]],
  ],
  [
    'the MTU is small',
    { device: { mtu: 1227 } },
    [['the MTU of eth0 is 1227: packets of up to 1228 bytes do not fit', /mtu 1500/]],
  ],
  ['the MTU just fits', { device: { mtu: 1228 } }, []],
  [
    'this host is the switch',
    { device: { bridge: { snoops: true, hasQuerier: false } } },
    [
      [
        '~the bridge eth0 of this host snoops IGMP and is no querier: multicast may stop after minutes',
        /mcast_querier 1/,
      ],
    ],
  ],
  [
    'the usual receive buffer',
    { granted: 212_992 },
    [
      [
        '~the receive buffer has 208 KiB of 8 MiB asked for (net.core.rmem_max is 212992): a large ' +
          'burst of packets would be lost',
        /net\.core\.rmem_max = 8388608.* sysctl --system, and restart/,
      ],
    ],
  ],
  [
    'the usual receive buffer was too small',
    { granted: 212_992, dropsBefore: 1 },
    [
      [
        'the receive buffer has 208 KiB of 8 MiB asked for (net.core.rmem_max is 212992): 1 packet ' +
          'found it full since the node started',
        /net\.core\.rmem_max = 8388608.* sysctl --system, and restart/,
      ],
    ],
  ],
  ['a full receive buffer of long ago, as large as asked for', { dropsBefore: 1 }, []],
  [
    'a fair receive buffer',
    { granted: 4 * MiB },
    [
      [
        '~the receive buffer has 4 MiB of 8 MiB asked for (net.core.rmem_max is 4194304)',
        /net\.core\.rmem_max = 8388608/,
      ],
    ],
  ],
  [
    'packets are dropped',
    { drops: 7 },
    [['7 packets found the receive buffer full within 3 s', /too slowly/]],
  ],
  [
    'another cluster',
    { strangers: [stranger('cluster')] },
    [['~another cluster is in this group: 10.0.0.9:8181', /cluster = "default"; .* group-port/]],
  ],
  [
    'alone beside another cluster',
    { in: {}, strangers: [stranger('cluster')] },
    [
      ['this node hears no other: there is one copy of everything', /another host/],
      ['another cluster is in this group: 10.0.0.9:8181', /cluster = "default"/],
    ],
  ],
  [
    'another secret',
    { strangers: [stranger('key')] },
    [
      [
        'nodes of this cluster with another secret, or without one: 10.0.0.9:8181',
        /same secret-file/,
      ],
    ],
  ],
  [
    'another version',
    { strangers: [stranger('version')] },
    [['nodes that speak another version: 10.0.0.9:8181', /same version/]],
  ],
  [
    'noise',
    { strangers: [stranger('magic')] },
    [["~packets that are none of diststore's come to this group: 10.0.0.9:8181", /group-port/]],
  ],
]

function BOTH_OUT(ways: readonly string[]) {
  return { [TWO]: ways, [THREE]: ways }
}

t.test('each fault has its sentence and what to do, and nothing else is wrong', (t) => {
  for (const [title, given, said] of CASES) {
    const findings = findingsOf(factsOf(given))
    const found = findings.filter(({ grade }) => grade !== 'ok')
    const sentences = found.map(({ grade, sentence }) => (grade === 'note' ? '~' : '') + sentence)
    t.strictSame(
      sentences,
      said.map(([sentence]) => sentence),
      title,
    )
    for (const [at, [, advice]] of said.entries()) t.match(found[at]?.advice, advice, title)
    t.equal(
      isWell(findings),
      sentences.every((it) => it.startsWith('~')),
      title,
    )
  }
  t.end()
})

t.test('what is well is said too', (t) => {
  const findings = findingsOf(factsOf({ in: { [TWO]: WELL } }))
  t.strictSame(findings, [
    said('the node 10.0.0.1:8181 answers: cluster "default", 2 nodes alive'),
    said('multicast uses eth0 (10.0.0.1, MTU 1500), group 239.192.73.81'),
    said('the receive buffer has the 8 MiB asked for'),
    said(`${TWO}: heard by multicast, 0 % lost; hears this node by multicast; clock 2 ms ahead`),
  ])
  t.end()
})

function said(sentence: string) {
  return { grade: 'ok', sentence, advice: '' }
}

t.test('what also comes by unicast is said', (t) => {
  const given = {
    in: { [TWO]: { ...WELL, unicastMs: 30 } },
    out: BOTH_OUT(['multicast', 'unicast']),
  }
  const sentence = findingsOf(factsOf(given)).at(-1)?.sentence
  t.match(
    sentence,
    'heard by multicast and unicast, 0 % lost; hears this node by multicast and unicast;',
  )
  t.end()
})

t.test('without a node it says what it heard', (t) => {
  const facts = { ...factsOf({}), daemon: { kind: 'silent', sentence: 'nothing listens' } as const }
  const heard = (senders: Facts['listened']['senders'], trouble?: string) =>
    findingsOf({ ...facts, listened: { forMs: 3000, trouble, senders } })
      .filter(({ sentence }) => !sentence.startsWith('the receive buffer'))
      .map(({ grade, sentence }) => `${grade}: ${sentence}`)
  const notRunning = 'trouble: the node of this host does not run: nothing listens'
  const device = 'ok: multicast uses eth0 (10.0.0.1, MTU 1500), group 239.192.73.81'
  const senders = [
    { address: TWO, reason: '', packets: 12 },
    { address: THREE, reason: 'cluster', packets: 12 },
  ]
  t.strictSame(heard(senders), [
    notRunning,
    device,
    `ok: nodes of cluster "default" heard in 3 s: ${TWO}`,
    `note: another cluster is in this group: ${THREE}`,
  ])
  t.strictSame(heard([], 'ENODEV'), [
    notRunning,
    'trouble: the group 239.192.73.81 cannot be joined on 10.0.0.1 (ENODEV)',
    'trouble: no node of cluster "default" was heard in 3 s',
  ])
  t.end()
})

t.test('a node that does not say whom it hears is believed to hear', (t) => {
  const facts = factsOf({ in: { [TWO]: WELL } })
  const [other] = facts.others
  if (other?.kind !== 'answers') throw new Error('it answers')
  const nodes = other.cluster.nodes.map((node) => omitHeardBy(node))
  const old: OtherNode = { ...other, cluster: { ...other.cluster, nodes } }
  const findings = findingsOf({ ...facts, others: [old] })
  t.ok(isWell(findings))
  t.match(findings.at(-1)?.sentence, /does not say whom it hears/)
  const stranger = findingsOf({
    ...facts,
    others: [{ ...old, cluster: { ...old.cluster, nodes: [] } }],
  })
  t.match(
    stranger.map(({ sentence }) => sentence),
    [/./, /./, /./, /does not hear this node/, /./],
  )
  t.end()
})

/** As nodes of earlier versions report. */
function omitHeardBy({ id, address, state, role, keys, lastHeardMs }: ReportedNode): ReportedNode {
  return { id, address, state, role, keys, lastHeardMs }
}
