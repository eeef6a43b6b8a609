// The public API as a Koa app: which path and method is answered by what.
// Owns no socket, no clock and no chance; the node behind it is passed in.
import { Router } from '@koa/router'
import Koa, { type Context } from 'koa'
import { admin } from './admin.ts'
import { events } from './events.ts'
import type { Intake } from './intake.ts'
import { list } from './list.ts'
import type { HttpLog } from './log.ts'
import type { PublicNode } from './node-access.ts'
import { read, readLocal } from './reads.ts'
import { failedReply, problemReply, type Reply, send } from './reply.ts'
import type { RequestMeter, RouteName } from './request-meter.ts'
import { cluster, live, metricsReply, ready } from './status.ts'
import { originForm } from './target.ts'
import { remove, writeForm, writeRaw } from './writes.ts'

export interface PublicAppOptions {
  readonly valueBytesMax: number
  /** A fresh text of at most 255 characters that nobody can guess. */
  readonly newIdempotencyKey: () => string
  /** Bounds the bodies of all clients together, whatever reads them. */
  readonly intake: Intake
  readonly log: HttpLog
  readonly meter: RequestMeter
  /** Everything that GET /metrics tells, as Prometheus reads it. */
  readonly metrics: () => Promise<string>
}

/** Builds the app. `app.callback()` is its request listener. */
export function createPublicApp(node: PublicNode, options: PublicAppOptions): Koa {
  const app = new Koa()
  // Koa reports here what goes wrong after an answer was begun. Clients that leave are no news.
  let last: unknown // It reports one error twice when a stream breaks.
  app.on('error', (error: unknown, ctx?: Context) => {
    if (error === last || hasClientGone(error)) return
    last = error
    options.log('warn', 'http.answer-broke', { url: ctx?.req.url, error: String(error) })
  })
  app.use(async (ctx, next) => {
    try {
      ctx.req.url = originForm(ctx.req.url ?? '')
      await next()
    } catch (error) {
      send(ctx, failedReply(options.log, ctx.req.url, error))
    }
  })
  const table = routes(node, options)
  const router = new Router()
  for (const { name, methods, path, handler } of table) {
    const answer = metered(options.meter, name, handler)
    router.register(path, [...methods], answer, { pathAsRegExp: true })
  }
  app.use(router.routes())
  app.use(metered(options.meter, 'none', (ctx) => unmatched(ctx, table)))
  return app
}

/** Answers a request and counts it, also when the handler fails: then the answer will be 500. */
function metered(
  meter: RequestMeter,
  name: RouteName,
  handler: Route['handler'],
): (ctx: Context) => Promise<void> {
  const count = meter.of(name)
  return async (ctx) => {
    const startedMs = meter.nowMs()
    let status = 500
    try {
      const reply = await handler(ctx)
      ;({ status } = reply)
      send(ctx, reply)
    } finally {
      count(status, meter.nowMs() - startedMs)
    }
  }
}

interface Route {
  readonly name: RouteName
  readonly methods: readonly string[]
  readonly path: RegExp
  readonly handler: (ctx: Context) => Reply | Promise<Reply>
}

const READ = ['GET', 'HEAD']

function routes(node: PublicNode, options: PublicAppOptions): readonly Route[] {
  const everywhere = { store: node.write.bind(node), isLocal: false }
  const here = { store: node.putLocal.bind(node), isLocal: true }
  return [
    route('post', ['POST'], /^\/post$/, (ctx) => writeForm(everywhere, ctx, options)),
    route('postlocal', ['POST'], /^\/postlocal$/, (ctx) => writeForm(here, ctx, options)),
    route('get', READ, underKey('get'), (ctx) => read(node, ctx.req)),
    route('getlocal', READ, underKey('getlocal'), (ctx) => readLocal(node, ctx.req)),
    route('read', READ, underKey('v1'), (ctx) => read(node, ctx.req)),
    route('write', ['PUT', 'POST'], underKey('v1'), (ctx) => writeRaw(everywhere, ctx, options)),
    route('delete', ['DELETE'], underKey('v1'), (ctx) => remove(everywhere, ctx, options)),
    route('list', READ, /^\/list$/, (ctx) => list(node, ctx.req, wantsJson(ctx))),
    route('events', ['GET'], /^\/events$/, (ctx) => events(node, ctx.req)),
    route('cluster', READ, /^\/cluster$/, () => cluster(node)),
    route('live', READ, /^\/health\/live$/, live),
    route('ready', READ, /^\/health\/ready$/, () => ready(node)),
    route('metrics', READ, /^\/metrics$/, () => metricsReply(options.metrics)),
    route('admin', [...READ, 'POST', 'PUT', 'DELETE'], /^\/admin(\/.*)?$/, (ctx) =>
      admin(node, ctx, options.intake),
    ),
  ]
}

function route(
  name: RouteName,
  methods: readonly string[],
  path: RegExp,
  handler: Route['handler'],
): Route {
  return { name, methods, path, handler }
}

const GONE = ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE']

function hasClientGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && GONE.includes(String(error.code))
}

/** A path whose rest is a key. The rest is read from the raw URL, never from the match. */
function underKey(segment: string): RegExp {
  return new RegExp(`^/${segment}(/.*)?$`, 's')
}

function wantsJson(ctx: Context): boolean {
  return ctx.accepts('text/plain', 'application/json') === 'application/json'
}

/** What no route answered: another method would do, or there is no such path. */
function unmatched(ctx: Context, table: readonly Route[]): Reply {
  const matched = table.filter(({ path }) => path.test(ctx.path))
  if (matched.length === 0) {
    const paths =
      '/post, /postlocal, /get, /getlocal, /list, /v1, /events, /cluster, /metrics and /health'
    return problemReply('no-such-path', `There is no such path: there are ${paths}.`)
  }
  const allowed = [...new Set(matched.flatMap(({ methods }) => methods))].join(', ')
  const detail = `${ctx.method} is not for this path: use ${allowed}.`
  return problemReply('method-not-allowed', detail, { headers: { Allow: allowed } })
}
