// What the public API says about each request that it answered. Keeps nothing: node/ counts.

/** Every route by name. Metrics show these, never a path, which would hold keys. */
export const ROUTE_NAMES = [
  'post',
  'postlocal',
  'get',
  'getlocal',
  'read',
  'write',
  'delete',
  'list',
  'events',
  'cluster',
  'live',
  'ready',
  'metrics',
  'admin',
  'none',
] as const
export type RouteName = (typeof ROUTE_NAMES)[number]

export interface RequestMeter {
  /** Never steps back. Unit: ms. */
  nowMs(): number
  /** Where the requests of one route are counted: asked for once, called for every request. */
  of(route: RouteName): CountRequest
}

/** `tookMs`: from when the request was read to when its answer is ready to be sent. */
export type CountRequest = (status: number, tookMs: number) => void
