// Reads request bodies into memory, and bounds one body and all of them together.
// Never looks into a body.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Decoded, ok, refused } from '../wire/decoded.ts'
import { GatheredBody } from '../wire/gathered-body.ts'
import { problemReply, type Reply } from './reply.ts'

/** The bodies in memory at once. Their bytes count until their answer is sent. */
export class Intake {
  readonly #bytesMax: number
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** False when there is no room; then nothing is taken. */
  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.#bytesMax) return false
    this.#bytes += bytes
    return true
  }

  giveBack(bytes: number): void {
    this.#bytes -= bytes
  }
}

export interface BodyLimits {
  readonly intake: Intake
  /** Unit: bytes. */
  readonly bytesMax: number
  /** The problem's sentence for a body beyond that. */
  readonly tooLarge: string
  /** Sees every piece of a body that is taken, as it arrives. */
  readonly onPiece?: (piece: Buffer) => void
}

/** One request and the answer to it. */
export interface Exchange {
  readonly req: IncomingMessage
  readonly res: ServerResponse
}

/**
 * The whole body, unless the connection has had its answer before the end. A body that is refused is
 * still read off the connection, so that the client gets to see the answer; the server's limit for a
 * slow request bounds that. Never rejects.
 */
export function readBody(exchange: Exchange, limits: BodyLimits): Promise<Decoded<Buffer, Reply>> {
  const { req, res } = exchange
  const { intake, bytesMax, tooLarge, onPiece } = limits
  const told = Number(req.headers['content-length'] ?? 0)
  const body = new GatheredBody(told)
  return new Promise((resolve) => {
    const refuse = (reply: Reply) => {
      stop()
      req.resume()
      // Without keep-alive the connection ends with the answer; a client that is still sending then
      // would never read it.
      const isLast = req.headers.connection?.toLowerCase() === 'close' && !req.readableEnded
      const answer = () => resolve(refused(reply))
      if (isLast && !req.destroyed) req.once('end', answer).once('close', answer)
      else answer()
    }
    const onData = (chunk: Buffer) => {
      if (body.bytes + chunk.length > bytesMax) {
        return refuse(problemReply('value-too-large', tooLarge))
      }
      if (!intake.take(chunk.length)) return refuse(problemReply('overloaded', OVERLOADED))
      body.add(chunk)
      onPiece?.(chunk)
    }
    const onEnd = () => {
      // Told 408 meanwhile, which says that nothing is done.
      if (req.socket.writableEnded) return refuse(problemReply('too-slow', TOO_SLOW))
      stop()
      resolve(ok(body.whole()))
    }
    const onClose = () => refuse(problemReply('malformed-form', 'The body broke off.'))
    const stop = () => {
      req.off('data', onData).off('end', onEnd).off('close', onClose)
    }
    res.once('close', () => intake.giveBack(body.bytes))
    if (told > bytesMax) return refuse(problemReply('value-too-large', tooLarge))
    req.on('error', ignore).on('data', onData).on('end', onEnd).on('close', onClose)
  })
}

/** Nobody reads it: the connection has its answer. */
const TOO_SLOW = 'The request did not arrive whole in time.'

const OVERLOADED = 'This node is receiving as much as it may: try again, or ask another node.'

/** A body that breaks off is seen by its `close`. */
function ignore(): void {}
