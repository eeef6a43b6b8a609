// watch: events as lines, by way of the primary, and after a break again.
import http from 'node:http'
import { once } from 'node:events'
import t from 'tap'
import { diststore } from './terminal.ts'

type Answer = (res: http.ServerResponse) => void

/** A server whose answers come one after the other, the last for ever; its address. */
async function server(test: { teardown(end: () => void): void }, ...answers: Answer[]) {
  const asked: string[] = []
  const it = http.createServer((req, res) => {
    asked.push(req.url ?? '')
    const answer = answers.length > 1 ? answers.shift() : answers[0]
    answer?.(res)
  })
  test.teardown(() => {
    it.close()
    it.closeAllConnections()
  })
  it.listen(0, '127.0.0.1')
  await once(it, 'listening')
  const place = it.address()
  if (typeof place !== 'object' || place === null) throw new Error('it listens on a port')
  return { address: `127.0.0.1:${place.port}`, asked }
}

const VIEW =
  'event: view\ndata: {"ballot":"1.a","masters":[{"address":"x:1","inSync":true},{"address":"y:2","inSync":false}],"nodes":3}\n\n'

const put = (key: string) => `event: put\ndata: ${JSON.stringify({ key, version: 'v' })}\n\n`

t.test('changes are lines, until there were enough', async (t) => {
  const text = `${VIEW}: beat\n\n${put('a/\u00fc\n')}event: lost\ndata: {"count":7}\n\n`
  const gone = 'event: delete\ndata: {"key":"b","version":"w"}\n\n'
  const primary = await server(t, (res) => {
    res.write(text.slice(0, 40))
    res.write(text.slice(40) + gone + put('unseen'))
  })
  const redirect = (res: http.ServerResponse) =>
    res.writeHead(307, { location: `http://${primary.address}/events?prefix=a` }).end()
  const other = await server(t, redirect)
  const words = ['watch', 'a/', '--count', '2', '--url', other.address]
  const lines = [
    'view    1.a, masters x:1 y:2 (syncing), 3 nodes',
    'put     a%2F%C3%BC%0A  v',
    'lost    7 changes: they came faster than they were read',
    'delete  b  w',
    '',
  ]
  t.strictSame(await diststore(words), { code: 0, stdout: lines.join('\n'), stderr: '' })
  t.same([...other.asked, ...primary.asked], Array(2).fill('/events?prefix=a%2F'))
  const json = await diststore([...words, '--json'])
  const parsed = json.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object)
  t.match(parsed, [
    { event: 'view', nodes: 3 },
    { event: 'put', key: 'a/\u00fc\n', version: 'v' },
  ])
})

t.test('after a break it connects again, and says so', async (t) => {
  const refuse = (res: http.ServerResponse) =>
    res
      .writeHead(503)
      .end(JSON.stringify({ type: 'urn:diststore:problem:unavailable', detail: 'No primary.' }))
  const node = await server(
    t,
    (res) => res.write(put('a'), () => res.destroy()),
    refuse,
    (res) => res.end(put('b')),
  )
  t.strictSame(await diststore(['watch', '--count', '2', '--url', node.address]), {
    code: 0,
    stdout: 'put     a  v\nput     b  v\n',
    stderr: 'diststore: connected again: changes may have been missed\n',
  })
  const none = await server(t, refuse)
  const ran = await diststore(['watch', '--url', none.address])
  t.strictSame(ran, { code: 3, stdout: '', stderr: 'diststore: No primary.\n' })
  const lost = await server(t, (res) => res.end(put('a')), refuse)
  const given = await diststore(['watch', '--url', lost.address])
  t.match(given, { code: 3, stdout: 'put     a  v\n', stderr: 'diststore: No primary.\n' })
  t.equal(lost.asked.length, 61)
})

t.test('nodes that name each other, and a bad count', async (t) => {
  const circle = await server(t, (res) => {
    res.writeHead(307, { location: `http://${circle.address}/events` }).end()
  })
  t.match(await diststore(['watch', '--url', circle.address]), { code: 3, stderr: /do not agree/ })
  t.match(await diststore(['watch', '--count', 'x']), { code: 2, stderr: /--count must be/ })
})
