// GET /metrics, and what the public API says about each request to whoever counts.
import t from 'tap'
import { entry } from './cases.ts'
import { startServer } from './setup.ts'

t.test('/metrics is the text of the node, for GET and HEAD', async (t) => {
  const { fetch } = await startServer(t)
  const answer = await fetch('/metrics')
  t.equal(answer.status, 200)
  t.equal(answer.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
  t.equal(await answer.text(), 'metrics 1\n')
  t.equal((await fetch('/metrics', { method: 'HEAD' })).status, 200)
  t.equal((await fetch('/metrics', { method: 'POST' })).status, 405)
})

t.test('every request counts once, by its route and what it was answered', async (t) => {
  const { fetch, counted, node } = await startServer(t)
  const form = new URLSearchParams({ key: 'k', value: 'v' })
  const cases: [string, string, string, URLSearchParams | string | undefined][] = [
    ['GET', '/get/k', 'get 404', undefined],
    ['POST', '/post', 'post 200', form],
    ['GET', '/get/k', 'get 200', undefined],
    ['HEAD', '/get?key=k', 'get 200', undefined],
    ['GET', '/v1/k', 'read 200', undefined],
    ['PUT', '/v1/k', 'write 200', 'w'],
    ['POST', '/v1/k', 'write 200', 'w'],
    ['DELETE', '/v1/k', 'delete 200', undefined],
    ['POST', '/postlocal', 'postlocal 200', form],
    ['GET', '/getlocal/k', 'getlocal 200', undefined],
    ['GET', '/get/%zz', 'get 400', undefined],
    ['GET', '/list', 'list 200', undefined],
    ['GET', '/cluster', 'cluster 200', undefined],
    ['GET', '/health/live', 'live 200', undefined],
    ['GET', '/health/ready', 'ready 200', undefined],
    ['GET', '/admin/voters', 'admin 200', undefined],
    ['GET', '/metrics', 'metrics 200', undefined],
    ['DELETE', '/list', 'none 405', undefined],
    ['GET', '/nothing/k', 'none 404', undefined],
  ]
  for (const [method, path, expected, body] of cases) {
    await (await fetch(path, body === undefined ? { method } : { method, body })).text()
    t.same(counted.splice(0), [expected], `${method} ${path}`)
  }
  node.isReady = () => {
    throw new Error('a bug')
  }
  t.equal((await fetch('/health/ready')).status, 500)
  t.same(counted, ['ready 500'])
})

t.test('a request counts once, whichever way it is answered', async (t) => {
  const plain = (path: string) => `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`
  const last = (path: string) => `GET ${path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`
  for (const hasLane of [true, false]) {
    const { raw, node, counted } = await startServer(t, { hasLane })
    node.entries.set('k', entry('v'))
    await raw(plain('/get/k') + plain('/v1/k') + plain('/get/none') + last('/get/k'))
    t.same(counted, ['get 200', 'read 200', 'get 404', 'get 200'], `with a lane: ${hasLane}`)
  }
})
