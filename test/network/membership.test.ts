// Membership against sockets that refuse on command, in fake time.
import { mock } from 'node:test'
import t from 'tap'
import { JOIN_AGAIN_MS, JOIN_EVERY_MS } from '../../src/network/limits.ts'
import { type Listener, Membership, type Speaker } from '../../src/network/membership.ts'

/** Sockets that note what they were told, and an interface that can be taken away. */
function start() {
  const told: string[] = []
  const logged: string[] = []
  const network = { isThere: true }
  const listener: Listener = {
    addMembership(group, on) {
      if (!network.isThere) throw Object.assign(new Error('gone'), { code: 'ENODEV' })
      told.push(`join ${group} on ${on}`)
    },
    dropMembership(_, on) {
      if (told.length === 0) throw Object.assign(new Error('no'), { code: 'EADDRNOTAVAIL' })
      told.push(`leave ${on}`)
    },
  }
  const speaker: Speaker = {
    setMulticastInterface: (on) => told.push(`speak on ${on}`),
    setMulticastTTL: (hops) => told.push(`hops ${hops}`),
    setMulticastLoopback(on) {
      told.push(`loopback ${on}`)
      return on
    },
  }
  const begin = () =>
    new Membership(
      { listener, speaker },
      { group: '239.1.1.1', interfaceAddress: '10.0.0.1' },
      (level, event) => logged.push(`${level} ${event}`),
    )
  return { told, logged, network, begin }
}

const JOINED = ['join 239.1.1.1 on 10.0.0.1', 'speak on 10.0.0.1', 'hops 1', 'loopback true']

const LEFT = 'leave 10.0.0.1'

t.beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }))
t.afterEach(() => mock.timers.reset())

t.test('membership is renewed by leaving and joining, and never after stop', async (t) => {
  const { told, logged, begin } = start()
  const membership = begin()
  t.same(told, JOINED)
  mock.timers.tick(JOIN_EVERY_MS)
  t.same(told, [...JOINED, LEFT, ...JOINED])
  membership.stop()
  mock.timers.tick(JOIN_EVERY_MS)
  t.equal(told.length, 2 * JOINED.length + 1)
  t.same(logged, [])
})

t.test('an interface that is missing is tried again soon, and logged once a change', async (t) => {
  const { told, logged, network, begin } = start()
  network.isThere = false
  const membership = begin()
  mock.timers.tick(3 * JOIN_AGAIN_MS)
  t.same(logged, ['warn datagrams.join.fails'])
  t.same(membership.state(), { interfaceAddress: '10.0.0.1', trouble: 'ENODEV' })
  network.isThere = true
  mock.timers.tick(JOIN_AGAIN_MS)
  t.same(told, JOINED)
  t.same(logged, ['warn datagrams.join.fails', 'info datagrams.join.works'])
  t.same(membership.state(), { interfaceAddress: '10.0.0.1', trouble: undefined })
  membership.stop()
})

t.test('a send error renews membership soon, a stream of them not sooner', async (t) => {
  const { told, begin } = start()
  const membership = begin()
  membership.renewSoon()
  mock.timers.tick(JOIN_AGAIN_MS - 1)
  membership.renewSoon()
  mock.timers.tick(1)
  t.same(told, [...JOINED, LEFT, ...JOINED])
  membership.stop()
})

t.test('another interface is joined at once, and the old one left', async (t) => {
  const { told, begin } = start()
  const membership = begin()
  membership.useInterface('10.0.0.2')
  t.equal(membership.state().interfaceAddress, '10.0.0.2')
  const moved = JOINED.map((line) => line.replace('10.0.0.1', '10.0.0.2'))
  t.same(
    told.filter((line) => !line.startsWith('leave')),
    [...JOINED, ...moved],
  )
  t.equal(told[JOINED.length], LEFT, 'the old membership ends first')
  membership.stop()
})
