// Listening to a group without being a node, with real sockets on loopback.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import t from 'tap'
import { listenToGroup } from '../../src/network/group-listener.ts'

const GROUP = '239.192.73.81'
const GROUP_PORT = 4979
const PLACE = { group: GROUP, groupPort: GROUP_PORT, interfaceAddress: '127.0.0.1' }

/** A busy machine needs time to read what has long arrived. Unit: ms. */
const LISTEN_MS = 1500
const SEND_EVERY_MS = 50

t.test('what is sent to the group is heard, beside whoever else listens', async (t) => {
  const speaker = createSocket('udp4')
  speaker.bind(0, '127.1.9.21')
  await once(speaker, 'listening')
  speaker.setMulticastInterface('127.1.9.21')
  const { port } = speaker.address()
  const sending = setInterval(() => speaker.send('hello', GROUP_PORT, GROUP), SEND_EVERY_MS)
  const heard = [new Set<string>(), new Set<string>()]
  const troubles = await Promise.all(
    heard.map((set) =>
      listenToGroup({ ...PLACE, forMs: LISTEN_MS }, (bytes, from) =>
        set.add(`${Buffer.from(bytes).toString()} from ${from}`),
      ),
    ),
  )
  clearInterval(sending)
  speaker.close()
  t.strictSame(troubles, [undefined, undefined])
  for (const set of heard) t.strictSame([...set], [`hello from 127.1.9.21:${port}`])
})

t.test('an interface that is not there is named by the code of the system', async (t) => {
  const place = { ...PLACE, interfaceAddress: '192.0.2.77' }
  t.equal(await listenToGroup({ ...place, forMs: 10 }, () => {}), 'ENODEV')
})
