// Which versions of the protocol this build speaks, and who can work with whom.
// docs/PROTOCOL.md, "Versions", says what a new version may change and how.

/** The versions that a node can work with, both included. */
export interface ProtocolRange {
  /** The one that it speaks among its equals. */
  readonly newest: number
  /** The oldest that it can still speak. */
  readonly oldest: number
}

/** Raised with a change that nodes of the version before could not take part in unprepared. */
export const PROTOCOL: ProtocolRange = { newest: 1, oldest: 1 }

/** What a node speaks whose heartbeats do not say so yet: builds from before they did. */
export const PROTOCOL_UNSAID: ProtocolRange = { newest: 1, oldest: 1 }

/** The highest number that fits a heartbeat. Unit: versions. */
export const PROTOCOL_MAX = 255

/** Has a version in common with everybody: for a test that takes the rule away. */
export const EVERY_VERSION: ProtocolRange = { newest: PROTOCOL_MAX, oldest: 1 }

/** Whether two nodes have a version in common. The same, whoever asks. */
export function haveCommonVersion(one: ProtocolRange, other: ProtocolRange): boolean {
  return one.newest >= other.oldest && other.newest >= one.oldest
}
