// One server on one processor: values read and written over HTTP.
import { diststore, etcd, nginx, nodeHttp, webdis } from '../peers.ts'
import type { Row } from '../row.ts'
import { compared, reads, writes } from './compared.ts'

export const ONE_NODE: Readonly<Record<string, Row>> = {
  'get-100': {
    about: 'GET of a stored value, 100 B, 64 connections',
    goal: '>= 1.25 x nginx, >= 2 x webdis',
    measure: compared({ bytes: 100, work: reads, peers: [diststore, nodeHttp, nginx, webdis] }),
  },
  'get-10k': {
    about: 'the same, 10 KiB',
    goal: '>= 1.1 x nginx',
    measure: compared({
      bytes: 10 * 1024,
      work: reads,
      peers: [diststore, nodeHttp, nginx, webdis],
    }),
  },
  'post-100': {
    about: 'form POST, 100 B, one node, on disk before it is answered, 64 connections',
    goal: '>= 1 x webdis (everysec), >= 5 x etcd',
    measure: compared({ bytes: 100, work: writes, peers: [diststore, nodeHttp, webdis, etcd] }),
  },
}
