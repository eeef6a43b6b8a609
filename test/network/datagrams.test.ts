// Real sockets on 127.1.9.x: who hears whom, what a failing network does, and what stopping means.
import { readFile } from 'node:fs/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import t from 'tap'
import {
  type DatagramHandlers,
  type Datagrams,
  type DatagramsOptions,
  DatagramError,
  openDatagrams,
} from '../../src/network/datagrams.ts'

const GROUP = '239.192.73.99'
const GROUP_PORT = 4999
const PORT = 8199

type Heard = { text: string; from: string; way: string }

/** A pair of sockets that remembers what it heard and logged. */
async function open(t: Tap, host: string, options: Partial<DatagramsOptions> = {}) {
  const heard: Heard[] = []
  const logged: string[] = []
  const waiting: { count: number; resolve: (heard: Heard[]) => void }[] = []
  const handlers: DatagramHandlers = {
    received(bytes, from, way) {
      heard.push({ text: Buffer.from(bytes).toString(), from, way })
      for (const wait of waiting) if (heard.length >= wait.count) wait.resolve(heard)
    },
    log: (level, event, fields) => logged.push(`${level} ${event} ${JSON.stringify(fields)}`),
  }
  const datagrams = await openDatagrams(
    {
      host,
      port: PORT,
      interfaceAddress: host,
      group: GROUP,
      groupPort: GROUP_PORT,
      ...options,
    },
    handlers,
  )
  t.teardown(() => datagrams.stop())
  /** Settles once `count` datagrams were heard; the test's timeout bounds it. */
  const hear = (count: number) =>
    new Promise<Heard[]>((resolve) => {
      if (heard.length >= count) resolve(heard)
      else waiting.push({ count, resolve })
    })
  return { datagrams, heard, hear, logged }
}

type Tap = Pick<typeof t, 'teardown'>

const bytes = (text: string) => Buffer.from(text)

t.test('what one node sends to everyone, every node on the host hears, itself too', async (t) => {
  const hosts = Array.from({ length: 10 }, (_, i) => `127.1.9.${i + 1}`)
  const nodes = await Promise.all(hosts.map((host) => open(t, host)))
  for (const [i, node] of nodes.entries()) node.datagrams.send(bytes(`I am ${i}`), 'everyone')
  const wanted = hosts.map((host, i) => ({
    text: `I am ${i}`,
    from: `${host}:${PORT}`,
    way: 'multicast',
  }))
  for (const node of nodes) {
    const heard = await node.hear(hosts.length)
    t.same([...heard].sort(byFrom), [...wanted].sort(byFrom))
  }
})

t.test('a reply to where a multicast came from reaches the sender, and nobody else', async (t) => {
  const [asker, holder, other] = await Promise.all([
    open(t, '127.1.9.1'),
    open(t, '127.1.9.2'),
    open(t, '127.1.9.3'),
  ])
  asker.datagrams.send(bytes('who has x'), 'everyone')
  const [query] = await holder.hear(1)
  t.equal(query?.from, `127.1.9.1:${PORT}`)
  holder.datagrams.send(bytes('I have x'), query?.from ?? '')
  t.same(await asker.hear(2), [
    { text: 'who has x', from: `127.1.9.1:${PORT}`, way: 'multicast' },
    { text: 'I have x', from: `127.1.9.2:${PORT}`, way: 'unicast' },
  ])
  t.equal(other.heard.length, 1)
})

t.test('a node bound to every address hears the group and unicast', async (t) => {
  const every = await open(t, '0.0.0.0', { port: PORT + 1, interfaceAddress: '127.1.9.1' })
  const one = await open(t, '127.1.9.2')
  one.datagrams.send(bytes('to all'), 'everyone')
  one.datagrams.send(bytes('to one'), `127.1.9.1:${PORT + 1}`)
  const heard = await every.hear(2)
  t.same(heard.map(({ text }) => text).sort(), ['to all', 'to one'])
})

t.test('the socket that hears the group hears no other group on its port', async (t) => {
  const one = await open(t, '127.1.9.1')
  const foreign = await open(t, '127.1.9.2', { group: '239.192.73.98' })
  foreign.datagrams.send(bytes('foreign'), 'everyone')
  await foreign.hear(1)
  one.datagrams.send(bytes('ours'), 'everyone')
  t.same(await one.hear(1), [{ text: 'ours', from: `127.1.9.1:${PORT}`, way: 'multicast' }])
})

t.test('a fault cuts and delays single links, in either direction', async (t) => {
  const cut = new Set<string>()
  const node = await open(t, '127.1.9.1', {
    fault: (direction, other) =>
      cut.has(`${direction} ${other}`)
        ? { kind: 'drop' }
        : direction === 'in'
          ? { kind: 'delay', ms: 1 }
          : { kind: 'pass' },
  })
  const other = await open(t, '127.1.9.2')
  cut.add(`in 127.1.9.2:${PORT}`)
  other.datagrams.send(bytes('lost'), `127.1.9.1:${PORT}`)
  cut.add('out everyone')
  node.datagrams.send(bytes('not sent'), 'everyone')
  node.datagrams.send(bytes('to itself'), `127.1.9.1:${PORT}`)
  t.same(await node.hear(1), [{ text: 'to itself', from: `127.1.9.1:${PORT}`, way: 'unicast' }])
  t.same(other.heard, [])
})

t.test('what cannot be sent is counted, and logged once a change', async (t) => {
  const node = await open(t, '127.1.9.1')
  const tooLarge = Buffer.alloc(70_000)
  const errors = (count: number) => until(() => node.datagrams.counts().errors === count)
  node.datagrams.send(tooLarge, `127.1.9.2:${PORT}`)
  node.datagrams.send(tooLarge, `127.1.9.2:${PORT}`)
  await errors(2)
  node.datagrams.send(bytes('fits'), `127.1.9.2:${PORT}`)
  await until(() => node.datagrams.counts().sent === 1)
  node.datagrams.send(tooLarge, `127.1.9.2:${PORT}`)
  await errors(3)
  node.datagrams.send(bytes('x'), 'no address')
  await errors(4)
  t.same(node.logged, [
    'warn datagrams.send.fails {"name":"127.1.9.2:8199","code":"EMSGSIZE"}',
    'info datagrams.send.works {"name":"127.1.9.2:8199"}',
    'warn datagrams.send.fails {"name":"127.1.9.2:8199","code":"EMSGSIZE"}',
    'warn datagrams.send.fails {"name":"no address","code":"ERR_SOCKET_BAD_PORT"}',
  ])
  t.same(node.datagrams.counts().sent, 1)
})

t.test('a group that cannot be joined is a warning; unicast works meanwhile', async (t) => {
  const node = await open(t, '127.1.9.1', { interfaceAddress: '192.0.2.1' })
  t.same(node.logged, ['warn datagrams.join.fails {"name":"192.0.2.1","code":"ENODEV"}'])
  node.datagrams.send(bytes('still here'), `127.1.9.1:${PORT}`)
  t.same(await node.hear(1), [{ text: 'still here', from: `127.1.9.1:${PORT}`, way: 'unicast' }])
})

const refusals = [
  { title: 'a port in use', host: '127.1.9.1', code: 'EADDRINUSE' },
  { title: 'an address of another host', host: '192.0.2.1', code: 'EADDRNOTAVAIL' },
]
for (const { title, host, code } of refusals) {
  t.test(`${title} is refused by name`, async (t) => {
    await open(t, '127.1.9.1')
    const error = await open(t, host).catch((error: unknown) => error)
    t.ok(error instanceof DatagramError)
    t.match(error, { code, message: `cannot bind UDP ${host}:${PORT}: ${code}` })
  })
}

t.test('the receive buffer is as large as the system grants', async (t) => {
  const { datagrams } = await open(t, '127.1.9.1')
  const granted = Number(await readFile('/proc/sys/net/core/rmem_max', 'utf8').catch(() => 0))
  // The kernel doubles what it grants.
  t.equal(datagrams.counts().receiveBufferBytes, 2 * Math.min(granted, 8 * 1024 * 1024))
})

t.test('stopping twice is stopping once; afterwards nothing is sent', async (t) => {
  const node = await open(t, '127.1.9.1')
  await node.datagrams.stop()
  await node.datagrams.stop()
  node.datagrams.send(bytes('late'), 'everyone')
  t.same(node.logged, [])
  await openAgain(t)
})

/** The port is free again. */
async function openAgain(t: Tap): Promise<Datagrams> {
  return (await open(t, '127.1.9.1')).datagrams
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await nextTurn()
}

function byFrom(a: Heard, b: Heard): number {
  return a.from < b.from ? -1 : 1
}
