// Limits of the target's side of a mirror.
// Never a setting.

/**
 * Pages that a mirror has stored and that are not on disk yet. Unit: pages. One flush carries several, so the
 * disk and the page after it are not waited for in turn. 8 MiB of values, or as many of the largest one.
 */
export const PAGES_FLUSHING_MAX = 8
