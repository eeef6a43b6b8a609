// What one connection may cost: limits for node:http, and the answer to what is no request.
// Opens no socket.
import type http from 'node:http'
import type { Duplex } from 'node:stream'
import { PROBLEM_CONTENT_TYPE, PROBLEMS, type ProblemKind, problem } from '../wire/problem.ts'
import {
  CONNECTIONS_MAX,
  HEADER_BYTES_MAX,
  HEADERS_WAIT_MS,
  KEEP_ALIVE_MS,
  LATE_CHECK_EVERY_MS,
  REQUEST_WAIT_MS,
  SILENCE_MS,
} from './limits.ts'

/** For http.createServer: half a request, a huge header or silence costs one bounded connection. */
export const SERVER_OPTIONS: http.ServerOptions = {
  maxHeaderSize: HEADER_BYTES_MAX,
  headersTimeout: HEADERS_WAIT_MS,
  requestTimeout: REQUEST_WAIT_MS,
  connectionsCheckingInterval: LATE_CHECK_EVERY_MS,
  keepAliveTimeout: KEEP_ALIVE_MS,
  noDelay: true,
}

/** Sets on a server what its options cannot say. Call it before `listen`. */
export function limitServer(server: http.Server): void {
  server.maxConnections = CONNECTIONS_MAX
  // Requests on one connection are not counted: a node that closed would look like a dead one.
  server.maxRequestsPerSocket = 0
  server.timeout = SILENCE_MS
  server.on('clientError', answerClientError)
}

interface ClientError extends Error {
  readonly code?: string
}

/**
 * Answers bytes that are no request, where an answer can still be understood, and closes. Requests
 * that came whole before them are answered first: a client takes the first answer for its first request.
 */
function answerClientError(error: ClientError, socket: Duplex): void {
  // Undocumented, and what node:http itself looks at: the answer under way on this connection.
  const answer: http.ServerResponse | null | undefined = Reflect.get(socket, '_httpMessage')
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
  } else if (answer?.req.complete === true) {
    answer.once('close', () => answerClientError(error, socket))
  } else if (answer?.headersSent === true) {
    // Another answer after this one would be taken for one to a request that was never made.
    answer.once('close', () => socket.end())
  } else {
    socket.end(rawAnswer(...problemOf(error)))
  }
}

function problemOf(error: ClientError): [ProblemKind, string] {
  switch (error.code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return ['too-slow', 'The request did not arrive whole in time: send it again.']
    case 'HPE_HEADER_OVERFLOW':
      return ['header-too-large', `The headers may have ${HEADER_BYTES_MAX} bytes: send less.`]
    case 'HPE_INVALID_URL':
      return ['malformed-query', 'The URL holds bytes that no URL may: percent-encode the key.']
    default:
      return ['malformed-header', `This is no HTTP request (${error.message}).`]
  }
}

function rawAnswer(kind: ProblemKind, detail: string): string {
  const body = JSON.stringify(problem(kind, detail))
  return [
    `HTTP/1.1 ${PROBLEMS[kind].status} ${PROBLEMS[kind].title}`,
    `Content-Type: ${PROBLEM_CONTENT_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'X-Content-Type-Options: nosniff',
    'Connection: close',
    '',
    body,
  ].join('\r\n')
}
