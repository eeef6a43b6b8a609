// The one word that the HTTP layer says to the log. Keeps nothing.

/** Takes one event of the HTTP layer. `fields` are plain data. */
export type HttpLog = (
  level: 'warn' | 'error',
  event: string,
  fields: Readonly<Record<string, unknown>>,
) => void
