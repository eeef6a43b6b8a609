// Reads one key in a loop at some nodes while another node writes it, and measures how old what was
// read can have been: the time since the next value had been acknowledged.
import type { Client } from './client.ts'
import { pause } from './eventually.ts'

export interface StaleOptions {
  readonly key: string
  readonly writes: number
  /** Between two writes. Unit: ms. */
  readonly everyMs: number
}

export interface Staleness {
  /** One a read; 0: nothing newer had been acknowledged when it was asked. Unit: ms. */
  readonly staleMs: readonly number[]
  readonly reads: number
  /** Reads that were answered from a copy. */
  readonly fromCopies: number
  /** Answers that were neither 200 nor 404. */
  readonly refused: number
}

/** Values are numbers from 0, each one acknowledged before the next one is written. */
export async function measureStaleness(
  writer: Client,
  readers: readonly Client[],
  { key, writes, everyMs }: StaleOptions,
): Promise<Staleness> {
  /** When each value was acknowledged. */
  const ackedMs: number[] = []
  const staleMs: number[] = []
  const counts = { fromCopies: 0, refused: 0 }
  const writing = { isOver: false }

  const read = async (client: Client): Promise<void> => {
    while (!writing.isOver) {
      const askedMs = performance.now()
      const { status, text, headers } = await client.get(key)
      if (status !== 200 && status !== 404) counts.refused++
      else staleMs.push(agedBy(status === 200 ? Number(text) : -1, askedMs))
      if (headers.get('diststore-source') === 'copy') counts.fromCopies++
      // Lets the writer of this process have its turn.
      await pause(1)
    }
  }

  /** How long before `askedMs` the value after this one had been acknowledged. */
  const agedBy = (value: number, askedMs: number): number => {
    const nextMs = ackedMs[value + 1]
    return nextMs === undefined ? 0 : Math.max(0, askedMs - nextMs)
  }

  const readersDone = Promise.all(readers.map(read))
  for (let value = 0; value < writes; value++) {
    const { status, text } = await writer.put(key, String(value))
    if (status !== 200) throw new Error(`the write of ${value} was answered ${status}: ${text}`)
    ackedMs[value] = performance.now()
    await pause(everyMs)
  }
  writing.isOver = true
  await readersDone
  return { staleMs, reads: staleMs.length, ...counts }
}
