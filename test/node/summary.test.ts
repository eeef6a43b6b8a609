// The one line about a node that `systemctl status` shows.
import t from 'tap'
import type { ClusterStatus, MemberState, Role } from '../../src/core/status.ts'
import { summaryOf } from '../../src/node/summary.ts'

const A = '10.1.2.1:8181'
const B = '10.1.2.2:8181'

function status(
  role: Role,
  about: { keys?: number; primaryKeys?: number; inSync?: boolean; other?: MemberState } = {},
): ClusterStatus {
  const { keys = 5, primaryKeys = 5, inSync = true, other = 'alive' } = about
  const lastHeardMs = 0
  return {
    node: { id: 'b', address: B, incarnation: 1, state: 'member', role },
    view: {
      ballot: { epoch: 1, proposer: 'a' },
      masters: [
        { id: 'a', address: A, inSync: true },
        { id: 'b', address: B, inSync },
      ],
      roster: [],
      voters: [],
      isUnclean: false,
    },
    nodes: [
      { id: 'a', address: A, state: other, role: 'primary', keys: primaryKeys, lastHeardMs },
      { id: 'b', address: B, state: 'alive', role, keys, lastHeardMs },
    ],
    keys,
    stream: { id: '', committed: 0 },
    proofAgeMs: 0,
    audit: { lastMs: undefined, differences: 0 },
    mode: 'available',
    merge: { due: 0, merged: 0, conflicts: 0 },
    warnings: [],
  }
}

const base = status('master')
const CASES: readonly (readonly [string, ClusterStatus, string])[] = [
  ['a master', base, `master; masters ${A} ${B}; 2 nodes; 5 keys`],
  ['the primary', status('primary'), `primary; masters ${A} ${B}; 2 nodes; 5 keys`],
  ['none of the masters', status('node'), `no master; masters ${A} ${B}; 2 nodes; 5 keys`],
  [
    'one key, one node',
    status('master', { keys: 1, other: 'dead' }),
    `master; masters ${A} ${B}; 1 node; 1 key`,
  ],
  [
    'a master that catches up',
    status('syncing', { keys: 21, primaryKeys: 50, inSync: false }),
    `syncing 42 %; masters ${A} ${B} (syncing); 2 nodes; 21 keys`,
  ],
  [
    'one that has as many keys, and is not in sync yet',
    status('syncing', { inSync: false }),
    `syncing 99 %; masters ${A} ${B} (syncing); 2 nodes; 5 keys`,
  ],
  [
    'an empty store to copy',
    status('syncing', { keys: 0, primaryKeys: 0, inSync: false }),
    `syncing 0 %; masters ${A} ${B} (syncing); 2 nodes; 0 keys`,
  ],
  [
    'a warning',
    { ...base, warnings: ['x'] },
    `master; masters ${A} ${B}; 2 nodes; 5 keys; 1 warning`,
  ],
  ['no view yet', { ...base, view: undefined }, 'looking for a cluster; 2 nodes seen'],
  ['leaving', { ...base, node: { ...base.node, state: 'leaving' } }, 'leaving the cluster'],
]

for (const [title, given, line] of CASES) {
  t.test(title, async (t) => t.equal(summaryOf(given), line))
}
