// Which interface a node chooses: a line a machine.
import t from 'tap'
import { type InterfaceAddress, placeOf, type PlaceWish } from '../../src/config/addresses.ts'

/** `eth0 10.1.2.3/24`, with `default` after it for the default route. */
function machine(text: string): InterfaceAddress[] {
  return text.split(', ').map((each) => {
    const [name = '', subnet = '', route] = each.split(' ')
    const [address = '', bits] = subnet.split('/')
    const isInternal = name === 'lo'
    const prefixBits = Number(bits ?? (isInternal ? 8 : 24))
    return { name, address, prefixBits, isInternal, hasDefaultRoute: route === 'default' }
  })
}

const LO = 'lo 127.0.0.1'
const BRIDGE = 'br-0123456789ab 172.18.0.1'

/** Interfaces, and the address of the one that is chosen. */
const CHOICES: readonly (readonly [string, string])[] = [
  [LO, '127.0.0.1'],
  [`${LO}, eth0 10.1.2.3`, '10.1.2.3'],
  [`${LO}, eth0 10.1.2.3, eth1 10.1.3.3`, '10.1.2.3'],
  [`${LO}, eth0 10.1.2.3, eth1 10.1.3.3 default`, '10.1.3.3'],
  [`${LO}, docker0 172.17.0.1, eth0 10.1.2.3`, '10.1.2.3'],
  [`${LO}, ${BRIDGE}, vethab12 10.9.0.1, virbr0 192.168.122.1, wlan0 192.168.1.7`, '192.168.1.7'],
  [`${LO}, tun0 10.8.0.2 default, eth0 10.1.2.3`, '10.1.2.3'],
  [`${LO}, wg0 10.8.0.2 default, br0 10.1.2.3`, '10.1.2.3'],
  [`${LO}, docker0 172.17.0.1`, '172.17.0.1'],
  [`${LO}, eth0 169.254.7.7, eth1 10.1.3.3`, '10.1.3.3'],
  [`${LO}, eth0 169.254.7.7`, '169.254.7.7'],
  [`${LO}, eth0 203.0.113.9 default, eth1 192.168.5.5`, '192.168.5.5'],
  [`${LO}, eth0 203.0.113.9 default`, '203.0.113.9'],
  [`${LO}, eth0 100.64.1.1, eth1 172.31.1.1, eth2 172.32.1.1`, '100.64.1.1'],
]

t.test('without a wish: the interface that most likely leads to the others', async (t) => {
  for (const [text, address] of CHOICES) {
    const wish = { host: undefined, interface: undefined }
    const place = { announceHost: address, interfaceAddress: address }
    t.strictSame(placeOf(wish, machine(text)), place, text)
  }
})

/** Wish, interfaces, what is announced and used. */
const WISHES: readonly (readonly [Partial<PlaceWish>, string, string])[] = [
  [{ host: '10.1.3.3' }, `${LO}, eth0 10.1.2.3 default, eth1 10.1.3.3`, '10.1.3.3 10.1.3.3'],
  [{ host: '127.1.2.1' }, `${LO}, eth0 10.1.2.3`, '127.1.2.1 127.1.2.1'],
  [{ host: '10.1.3.3' }, `${LO}, eth0 10.1.2.3`, 'none'],
  [{ interface: 'docker0' }, `${LO}, eth0 10.1.2.3, docker0 172.17.0.1`, '172.17.0.1 172.17.0.1'],
  [{ interface: 'eth1' }, `${LO}, eth0 10.1.2.3`, 'none'],
]

t.test('with a wish: that, or nothing', async (t) => {
  for (const [wish, text, expected] of WISHES) {
    const place = placeOf({ host: undefined, interface: undefined, ...wish }, machine(text))
    const found = place === undefined ? 'none' : `${place.announceHost} ${place.interfaceAddress}`
    t.equal(found, expected, `${JSON.stringify(wish)} on ${text}`)
  }
})
