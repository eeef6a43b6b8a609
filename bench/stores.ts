// Many small values in diststore, redis and memcached, each in its own protocol: how to write and read
// the value of a number, and how redis and memcached are started for that.
import { once } from 'node:events'
import { connect } from 'node:net'
import { userInfo } from 'node:os'
import { type Flags, flagsOf, freePort } from './node.ts'
import { Server } from './server.ts'
import { flood, type Place, type Speech } from './talk.ts'

export const VALUE_BYTES = 100

/** Ends every value, and is in nothing else that is sent. */
const END = '~'

/** `key-` and 16 digits: 20 bytes. */
export function keyOf(index: number): string {
  return `key-${String(index).padStart(16, '0')}`
}

function valueOf(index: number): string {
  return String(index).padStart(VALUE_BYTES - END.length, '0') + END
}

export interface Speeches {
  readonly write: Speech
  readonly read: Speech
}

const NOT_200 = /HTTP\/1\.1 (?!200)\d/

/** An error, or nothing under the key. */
const REDIS_BAD = /(?:^|\n)(?:-|\$-1)/

/** An error, or the end of an answer without a value. */
const MEMCACHED_BAD = /ERROR|NOT_STORED|(?:^|[^~]\r\n)END/

export const DISTSTORE: Speeches = {
  write: {
    ask: (index) => {
      const body = `key=${keyOf(index)}&value=${valueOf(index)}`
      return (
        'POST /post HTTP/1.1\r\nHost: bench\r\nContent-Type: application/x-www-form-urlencoded\r\n' +
        `Content-Length: ${body.length}\r\n\r\n${body}`
      )
    },
    mark: '"copies":',
    bad: NOT_200,
  },
  read: {
    ask: (index) => `GET /get/${keyOf(index)} HTTP/1.1\r\nHost: bench\r\n\r\n`,
    mark: END,
    bad: NOT_200,
  },
}

export const REDIS: Speeches = {
  write: {
    ask: (index) => `SET ${keyOf(index)} ${valueOf(index)}\r\n`,
    mark: '+OK',
    bad: REDIS_BAD,
  },
  read: { ask: (index) => `GET ${keyOf(index)}\r\n`, mark: END, bad: REDIS_BAD },
}

export const MEMCACHED: Speeches = {
  write: {
    ask: (index) => `set ${keyOf(index)} 0 0 ${VALUE_BYTES}\r\n${valueOf(index)}\r\n`,
    mark: 'STORED',
    bad: MEMCACHED_BAD,
  },
  read: { ask: (index) => `get ${keyOf(index)}\r\n`, mark: END, bad: MEMCACHED_BAD },
}

/** Enough that a flush to disk carries many writes. */
const CONNECTIONS = 64
const UNDER_WAY = 4

/** The slowest disk that we wait for writes a thousand a second. Unit: ms. */
const WAIT_MS = 60_000
const WAIT_MS_A_KEY = 1

/** Asks it of every number below `count`. Throws when one is not answered well. */
export async function askAll(place: Place, speech: Speech, count: number): Promise<void> {
  await flood(place, {
    ...speech,
    count,
    connections: CONNECTIONS,
    underWay: UNDER_WAY,
    waitMs: WAIT_MS + WAIT_MS_A_KEY * count,
  })
}

/** Numbers below `count` in an order that no cache foresees. */
export function scattered(speech: Speech, count: number): Speech {
  return { ...speech, ask: (index) => speech.ask((index * STRIDE) % count) }
}

/** A prime: it visits every number. */
const STRIDE = 7919

/** Nothing of it is on disk, unless the flags say so. */
export async function startRedis(
  directory: string,
  flags: Flags,
  { isFree } = { isFree: true },
): Promise<Server> {
  const port = await freePort()
  const all = { port, bind: '127.0.0.1', dir: directory, save: '', appendonly: 'no', ...flags }
  const args = flagsOf(all)
  return Server.start({ program: 'redis-server', args, directory, port, isFree })
}

export async function startMemcached(
  directory: string,
  more: readonly string[],
  { isFree } = { isFree: true },
): Promise<Server> {
  const port = await freePort()
  const { username } = userInfo()
  const args = ['-l', '127.0.0.1', '-p', String(port), '-U', '0', '-u', username, ...more]
  return Server.start({ program: 'memcached', args, directory, port, isFree })
}

/** Sends a command of a line, and returns all that is answered. */
export async function tellRedis({ host, port }: Place, command: string): Promise<string> {
  const socket = connect(port, host).setEncoding('latin1').setTimeout(TELL_WAIT_MS)
  socket.once('timeout', () => socket.destroy(new Error(`redis did not answer ${command}`)))
  let said = ''
  socket.on('data', (text) => (said += String(text)))
  // It closes the connection behind the answer.
  socket.write(`${command}\r\nQUIT\r\n`)
  await once(socket, 'end')
  socket.destroy()
  return said
}

/** Unit: ms. A fork of a large process takes a second. */
const TELL_WAIT_MS = 20_000
