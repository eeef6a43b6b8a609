// Limits of the target's side of a mirror.
// Never a setting.

/**
 * Pages, and parts of pages fetched by name, that a mirror has stored and that are not on disk yet. Unit: pages.
 * One flush carries several, so the disk and the next page are not waited for in turn. Each has 1 MiB of
 * values, or one that is larger.
 */
export const PAGES_FLUSHING_MAX = 8
