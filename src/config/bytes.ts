// Sizes as people write them (64MiB) <-> bytes. Never rounds.

const UNITS: ReadonlyMap<string, number> = new Map([
  ['GiB', 1024 ** 3],
  ['MiB', 1024 ** 2],
  ['KiB', 1024],
])

const SIZE_TEXT = /^(?<count>\d{1,15}) ?(?<unit>KiB|MiB|GiB)?$/

/** Bytes of "67108864", "64MiB" or "64 MiB"; undefined when the text is no size. */
export function parseBytes(text: string): number | undefined {
  const parts = SIZE_TEXT.exec(text)?.groups
  if (parts === undefined) return undefined
  return Number(parts['count']) * (UNITS.get(parts['unit'] ?? '') ?? 1)
}

/** The shortest text that parseBytes reads back: "64 MiB", "1000". */
export function formatBytes(bytes: number): string {
  for (const [unit, size] of UNITS) {
    if (bytes > 0 && bytes % size === 0) return `${bytes / size} ${unit}`
  }
  return String(bytes)
}
