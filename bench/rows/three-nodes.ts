// Three nodes on this machine, none held to a processor, like their peers: every write is on two disks
// before it is answered.
import { threeEtcds, threeNodes } from '../peers.ts'
import type { Row } from '../row.ts'
import { compared, writes } from './compared.ts'

export const THREE_NODES: Readonly<Record<string, Row>> = {
  'post-3': {
    about: 'form POST to the primary, 100 B, three nodes, copies: 2, 64 connections, unpinned',
    goal: '>= 3 x etcd, p99 no worse',
    measure: compared({ bytes: 100, work: writes, peers: [threeNodes, threeEtcds], isFree: true }),
  },
}
