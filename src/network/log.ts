// The one word that the network layer says to the log. Keeps nothing.

/** Takes one event of the network layer. `fields` are plain data. */
export type NetworkLog = (
  level: 'info' | 'warn',
  event: string,
  fields: Readonly<Record<string, unknown>>,
) => void
