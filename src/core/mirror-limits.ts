// Limits of the target's side of a mirror, and the form in which records travel.
// Never a setting.

/**
 * Pages, and parts of pages fetched by name, that a mirror has stored and that are not on disk yet. Unit: pages.
 * One flush carries several, so the disk and the next page are not waited for in turn. Each has 1 MiB of
 * values, or one that is larger.
 */
export const PAGES_FLUSHING_MAX = 8

/**
 * The form of a record that both sides must share for it to travel (wire/record.ts). A new form gets the next
 * number; a source that keeps another one than it is asked for sends entries.
 */
export const RECORD_FORM = 1
