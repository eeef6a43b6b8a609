// A guard against getting slow: the two plain requests, beside bare node:http alone.
import { diststore, nodeHttp } from '../peers.ts'
import type { Row } from '../row.ts'
import { compared, reads, writes } from './compared.ts'

export const QUICK: Readonly<Record<string, Row>> = {
  get: {
    about: 'GET of a stored value, 100 B, 64 connections',
    goal: '> 1.5 x bare node:http',
    measure: compared({ bytes: 100, work: reads, peers: [diststore, nodeHttp] }),
  },
  post: {
    about: 'form POST, 100 B, on disk before it is answered, 64 connections',
    goal: '> 0.5 x bare node:http, which keeps it in memory',
    measure: compared({ bytes: 100, work: writes, peers: [diststore, nodeHttp] }),
  },
}
