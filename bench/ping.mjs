// A load generator for protocols that wrk does not speak: every connection sends a request, waits for the
// end of the answer, and sends the next. Argument: JSON as bench/ping.ts writes it. Prints JSON.
import { connect } from 'node:net'
import { createHistogram } from 'node:perf_hooks'

const { host, port, connections, seconds, requests, suffix } = JSON.parse(process.argv[2])
const all = requests.map((text) => Buffer.from(text, 'latin1'))
const end = Buffer.from(suffix, 'latin1')
const took = createHistogram()
const startedMs = performance.now()
let count = 0
let at = 0
let isOver = false

function open() {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host)
    socket.setNoDelay(true)
    let sentMs = 0
    let rest = Buffer.alloc(0)
    const send = () => {
      at = (at + 1) % all.length
      sentMs = performance.now()
      socket.write(all[at])
    }
    socket.once('connect', send)
    socket.on('data', (chunk) => {
      const got = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      if (
        got.length < end.length ||
        got.compare(end, 0, end.length, got.length - end.length) !== 0
      ) {
        rest = got
        return
      }
      rest = rest.length === 0 ? rest : Buffer.alloc(0)
      count++
      took.record(Math.max(1, Math.round((performance.now() - sentMs) * 1000)))
      if (isOver) socket.end()
      else send()
    })
    socket.once('error', reject).once('close', () => {
      if (isOver) resolve()
      else reject(new Error('the server closed a connection'))
    })
  })
}

setTimeout(() => {
  isOver = true
}, seconds * 1000)
// An answer that never comes must not hold us up. Unit: ms.
setTimeout(() => process.exit(1), seconds * 1000 + 5000).unref()
await Promise.all(Array.from({ length: connections }, open))
const us = (percent) => took.percentile(percent)
const report = {
  count,
  us: (performance.now() - startedMs) * 1000,
  p50: us(50),
  p99: us(99),
  p999: us(99.9),
  max: took.max,
}
process.stdout.write(`${JSON.stringify(report)}\n`)
