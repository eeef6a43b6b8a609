// Which node the command talks to: the one that is named, else the one of this host.
// Reads the same settings as the daemon, except its secrets.
import { parsePlace } from '../config/parse.ts'
import { EXIT, Failure } from './exit-codes.ts'
import type { CliWorld } from './world.ts'

const DEFAULT_PORT = 8181
const ALL_ADDRESSES = '0.0.0.0'
const LOOPBACK = '127.0.0.1'

/** The origin of the node: http://host:port. Throws a Failure when what was given names none. */
export function originOf(url: string | undefined, world: Pick<CliWorld, 'surroundings'>): string {
  const named = url ?? world.surroundings.env['DISTSTORE_URL']
  return named === undefined || named === '' ? localOrigin(world) : namedOrigin(named)
}

/** Takes what people write: 10.0.0.1, 10.0.0.1:8181, http://10.0.0.1:8181/. */
function namedOrigin(text: string): string {
  const hasScheme = text.includes('://')
  try {
    const url = new URL(hasScheme ? text : `http://${text}`)
    if (url.protocol === 'http:' && url.pathname === '/' && url.search === '') {
      if (!hasScheme && url.port === '' && !/:80\/?$/.test(text)) url.port = String(DEFAULT_PORT)
      return url.origin
    }
  } catch {
    // Said below, with what it must be.
  }
  const must = 'it must look like http://10.0.0.1:8181'
  throw new Failure(EXIT.usage, `${JSON.stringify(text)} is no address of a node; ${must}`)
}

function localOrigin({ surroundings }: Pick<CliWorld, 'surroundings'>): string {
  const parsed = parsePlace({ ...surroundings, argv: [] })
  if (parsed.kind === 'bad') {
    const sentence = `the settings of the node of this host cannot be used: ${parsed.sentence}`
    throw new Failure(EXIT.usage, `${sentence}; name a node with --url`)
  }
  const { host, port } = parsed.settings
  return `http://${host === ALL_ADDRESSES ? LOOPBACK : host}:${port}`
}
