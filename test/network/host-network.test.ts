// What the kernel prints about its network, read back.
import t from 'tap'
import { parseIgmp, parseUdp, readHostNetwork } from '../../src/network/host-network.ts'

const IGMP = `Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter
1\tlo        :     2      V3
\t\t\t\t5149C0EF     3 0:00000000\t\t0
\t\t\t\t010000E0     1 0:00000000\t\t0
4\teth0      :     1      V3
\t\t\t\t010000E0     1 0:00000000\t\t0
`

t.test('/proc/net/igmp: which device is in which group', (t) => {
  t.strictSame(parseIgmp(IGMP), [
    { device: 'lo', group: '239.192.73.81' },
    { device: 'lo', group: '224.0.0.1' },
    { device: 'eth0', group: '224.0.0.1' },
  ])
  t.strictSame(parseIgmp(''), [])
  t.end()
})

const UDP = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
11860: 5149C0EF:133E 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1520652 2 00000000d3600748 42
  318: 0100007F:1FF5 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1520647 2 00000000b9abc22d 0
`

t.test('/proc/net/udp: sockets and what they dropped', (t) => {
  t.strictSame(parseUdp(UDP), [
    { host: '239.192.73.81', port: 4926, drops: 42 },
    { host: '127.0.0.1', port: 8181, drops: 0 },
  ])
  t.strictSame(parseUdp(''), [])
  t.end()
})

t.test(
  'this machine has a loopback device, and says so',
  { skip: process.platform !== 'linux' },
  (t) => {
    const { devices } = readHostNetwork()
    t.match(
      devices.find(({ name }) => name === 'lo'),
      { isUp: true, bridge: undefined },
    )
    t.end()
  },
)
