// What a node must not forget, as checked JSON under a few names: identity, state, highest version.
// Refuses to guess: damage here ends the start of the program.
import { crc32 } from 'node:zlib'
import { VERSION_ZERO } from '../core/version.ts'
import type { DurableState, NodeId, Version } from '../core/types.ts'
import type { ByteTable } from './entry-table.ts'
import { START_ANEW, StorageError } from './storage-error.ts'

const FORMAT = 3
const CRC_BYTES = 4

export interface Identity {
  readonly nodeId: NodeId
  readonly incarnation: number
}

type Name = 'identity' | 'state' | 'highest'

export class MetaTable {
  readonly #table: ByteTable

  constructor(table: ByteTable) {
    this.#table = table
  }

  /** Undefined in a store that is new. Throws StorageError, as every reader here does. */
  identity(): Identity | undefined {
    const found: (Identity & { format: number }) | undefined = this.#read('identity')
    if (found === undefined) return undefined
    const { format, nodeId, incarnation } = found
    if (format !== FORMAT) {
      const message = `The store has format ${format}; this program reads format ${FORMAT}: run the version that wrote it.`
      throw new StorageError('unknown-format', message)
    }
    return { nodeId, incarnation }
  }

  state(): DurableState | undefined {
    const found: DurableState | undefined = this.#read('state')
    // JSON leaves out what is undefined.
    return found && { ...found, view: found.view, part: found.part }
  }

  highest(): Version {
    const found: Version | undefined = this.#read('highest')
    return found ?? VERSION_ZERO
  }

  putIdentity(identity: Identity): void {
    this.#write('identity', { format: FORMAT, ...identity })
  }

  putState(state: DurableState): void {
    this.#write('state', state)
  }

  putHighest(version: Version): void {
    this.#write('highest', version)
  }

  /** Its checksum makes it what was written: the caller names the type. */
  // oxlint-disable-next-line typescript/no-explicit-any
  #read(name: Name): any {
    const bytes = this.#table.getBinary(Buffer.from(name))
    if (bytes === undefined) return undefined
    const text = bytes.subarray(CRC_BYTES)
    if (bytes.length <= CRC_BYTES || crc32(text) !== bytes.readUInt32LE(0)) throw damaged(name)
    return JSON.parse(text.toString())
  }

  #write(name: Name, value: unknown): void {
    const text = Buffer.from(JSON.stringify(value))
    // Of Node's pool, for the reason that records are.
    const bytes = Buffer.allocUnsafe(CRC_BYTES + text.length)
    bytes.writeUInt32LE(crc32(text), 0)
    bytes.set(text, CRC_BYTES)
    void this.#table.put(Buffer.from(name), bytes)
  }
}

function damaged(name: Name): StorageError {
  const message = `The store's own ${name} is damaged: ${START_ANEW}`
  return new StorageError('meta-damaged', message)
}
