// The name of every line that a node may log, in all its parts. Names are promises: docs/LOGS.md says what
// each means and what to do about it. What differs from one time to the next goes into the fields.

export const LOG_EVENTS = [
  // The node as a whole.
  'node-started',
  'node-stopped',
  'no-secret',
  'settings-reloaded',
  'settings-refused',
  'service-manager-not-told',
  'stalled',
  'id-used-twice',
  // Other nodes.
  'node-alive',
  'node-suspect',
  'node-dead',
  'node-left',
  'cluster-full',
  'clock-ahead',
  'clock-off',
  // Views.
  'view-proposed',
  'view-proposal-failed',
  'view-active',
  'view-accepted',
  'newest-left',
  'handoff',
  'handoff-failed',
  'order',
  'force-ordered',
  'force-ended',
  // Catching up, splits and damage.
  'mirror-started',
  'mirror-done',
  'mirror-no-room',
  'fork-seen',
  'lineage-owed',
  'merge-started',
  'merge-done',
  'audit-difference',
  'entries-mended',
  'entry-damaged',
  'conflict-damaged',
  // The network.
  'node-moved',
  'interface-back',
  'node-name-unknown',
  'datagrams.join.fails',
  'datagrams.join.works',
  'datagrams.send.fails',
  'datagrams.send.works',
  'packets-refused',
  'calls-refused',
  'answers-refused',
  // Clients and bugs.
  'http.answer-broke',
  'http.failed',
  'http.node-failed',
] as const

export type LogEvent = (typeof LOG_EVENTS)[number]
