import { runBatch } from './batch.ts'
import { SCENARIOS } from './scenarios.ts'
const n = Number(process.argv[2])
let sum = 0
for (const s of SCENARIOS) {
  runBatch({ scenario: s.name, firstSeed: 1, seeds: 10, mutant: undefined, untilBroken: false })
  const t = process.cpuUsage()
  runBatch({ scenario: s.name, firstSeed: 1, seeds: n, mutant: undefined, untilBroken: false })
  const ms = process.cpuUsage(t).user / 1000 / n
  sum += ms
  console.log(s.name, Math.round(ms))
}
console.log('sum', Math.round(sum), 'for 200:', Math.round(sum * 0.2), 's')
