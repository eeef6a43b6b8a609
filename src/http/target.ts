// The path and query of a request as the client wrote them, byte for byte.
// Decodes only what is asked for: a router that decodes would lose `%2F` and refuse `%FF`.
import { type Decoded, ok, refused } from '../wire/decoded.ts'
import { type FormField, parseQuery } from '../wire/form.ts'
import { type KeyRefusal, parseKeyBytes, parseKeyPath } from '../wire/key.ts'
import { problemReply, type Reply } from './reply.ts'

export interface Target {
  readonly path: string
  readonly query: string
}

const ABSOLUTE_FORM = /^https?:\/\/[^/?]*/i

/** The target without scheme and host: proxies may send both. */
export function originForm(url: string): string {
  const rest = url.replace(ABSOLUTE_FORM, '')
  return rest.startsWith('?') || rest === '' ? `/${rest}` : rest
}

export function parseTarget(url: string): Target {
  const mark = url.indexOf('?')
  if (mark === -1) return { path: url, query: '' }
  return { path: url.slice(0, mark), query: url.slice(mark + 1) }
}

/** Named values that may come at most once each. */
export type Fields = ReadonlyMap<string, Uint8Array>

/** The query's fields; those that are not in `names` are left out. */
export function queryFields(target: Target, names: readonly string[]): Decoded<Fields, Reply> {
  const parsed = parseQuery(target.query)
  if (parsed.kind === 'refused') return refused(problemReply('malformed-query', parsed.reason))
  return onceEach(parsed.value, names)
}

/** The fields that are in `names`, none of them given twice. */
export function onceEach(
  fields: readonly FormField[],
  names: readonly string[],
): Decoded<Fields, Reply> {
  const found = new Map<string, Uint8Array>()
  for (const { name, value } of fields) {
    if (!names.includes(name)) continue
    if (found.has(name)) {
      return refused(problemReply('given-twice', `"${name}" was given twice: give it once.`))
    }
    found.set(name, value)
  }
  return ok(found)
}

/**
 * The key of a request, after the first segment of its path or as `?key=`. Everything after that
 * segment is the key, further slashes too.
 */
export function keyOf(target: Target, query: Fields): Decoded<string, Reply> {
  const slash = target.path.indexOf('/', 1)
  const inPath = slash === -1 ? '' : target.path.slice(slash + 1)
  const inQuery = query.get('key')
  if (inQuery === undefined) {
    if (inPath === '') return refused(problemReply('no-key', noKey(target.path)))
    return orKeyProblem(parseKeyPath(inPath))
  }
  if (inPath !== '') {
    const both = 'The key is both in the path and in ?key=: give it once.'
    return refused(problemReply('given-twice', both))
  }
  return orKeyProblem(parseKeyBytes(inQuery))
}

/** A key that may be left out. */
export function keyOrEmpty(bytes: Uint8Array | undefined): Decoded<string | undefined, Reply> {
  if (bytes === undefined || bytes.length === 0) return ok(undefined)
  return orKeyProblem(parseKeyBytes(bytes))
}

/** A key, or the answer that says what is wrong with it. */
export function orKeyProblem(key: Decoded<string, KeyRefusal>): Decoded<string, Reply> {
  if (key.kind === 'ok') return key
  return refused(problemReply(key.reason.trouble, key.reason.sentence))
}

function noKey(path: string): string {
  const base = path.replace(/\/$/, '')
  return `There is no key: ask for ${base}/{key}, percent-encoded, or ${base}?key={key}.`
}
