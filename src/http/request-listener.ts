// One port, two planes: what comes from other nodes, and what comes from everybody.
import type { RequestListener } from 'node:http'
import type Koa from 'koa'

/** The listener of a node's server. */
export function createRequestListener(planes: {
  readonly publicApp: Koa
  readonly nodeApi: RequestListener
}): RequestListener {
  const { nodeApi } = planes
  const publicListener = planes.publicApp.callback()
  return (req, res) => {
    // The connection was answered for good, as with 408, and what came too late is still parsed.
    if (req.socket.writableEnded) return
    if (req.url?.startsWith('/_node/')) return nodeApi(req, res)
    void publicListener(req, res)
  }
}
