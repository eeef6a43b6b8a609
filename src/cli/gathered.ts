// A stream as one piece, within a bound.
import type { Readable } from 'node:stream'
import { Failure } from './exit-codes.ts'

/** Everything of a stream. Throws what `tooLong` or `broken` make of a stream that is or does so. */
export async function gathered(
  stream: Readable,
  limits: {
    /** Unit: bytes. */
    readonly bytesMax: number
    readonly tooLong: () => Failure
    readonly broken: (error: unknown) => Failure
  },
): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of stream) {
      const piece: Buffer = chunk
      bytes += piece.length
      if (bytes > limits.bytesMax) throw limits.tooLong()
      chunks.push(piece)
    }
  } catch (error) {
    throw error instanceof Failure ? error : limits.broken(error)
  }
  return Buffer.concat(chunks)
}
