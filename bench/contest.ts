// Several servers that do the same work, measured in turns: what disturbs the machine for a while disturbs
// them all. The median round counts.
import type { Server } from './server.ts'
import type { LoadReport } from './wrk.ts'

export interface Contender {
  readonly name: string
  /** All whose processor time counts. */
  readonly servers: readonly Server[]
  /** Asks for as long as told. Unit: s. */
  readonly load: (seconds: number) => Promise<LoadReport>
}

export interface ContestOptions {
  readonly rounds: number
  /** Of one contender in one round. */
  readonly seconds: number
}

export interface Result extends LoadReport {
  readonly name: string
  /** Processor time of all its processes for a request. Unit: microseconds. */
  readonly cpuUs: number
  /** Of the time: how busy its processes were together; 1 is one processor. */
  readonly busy: number
  /** How often ours answers while this one does once. */
  readonly ratio: number
  /** How often ours could answer in the processor time of one request of this one. */
  readonly cpuRatio: number
}

/** Before the first round, so that what is compiled late is compiled. Unit: s. */
const WARM_UP_S = 2

/** Ratios are to the first contender: ours. */
export async function contest(
  contenders: readonly Contender[],
  options: ContestOptions,
): Promise<Result[]> {
  const rounds = new Map<Contender, Measured[]>(contenders.map((each) => [each, []]))
  for (const contender of contenders) await measure(contender, { seconds: WARM_UP_S })
  for (let round = 0; round < options.rounds; round++) {
    for (const [contender, measured] of rounds) measured.push(await measure(contender, options))
  }
  const medians = [...rounds].map(([{ name }, measured]) => ({ name, ...median(measured) }))
  const [ours] = medians
  return medians.map((each) => ({
    ...each,
    ratio: (ours?.perSecond ?? Number.NaN) / each.perSecond,
    cpuRatio: each.cpuUs / (ours?.cpuUs ?? Number.NaN),
  }))
}

type Measured = Omit<Result, 'name' | 'ratio' | 'cpuRatio'>

async function measure(
  { name, servers, load }: Contender,
  { seconds }: Pick<ContestOptions, 'seconds'>,
): Promise<Measured> {
  const cpuSeconds = () => servers.reduce((sum, server) => sum + server.cpuSeconds, 0)
  const before = cpuSeconds()
  const report = await load(seconds)
  const used = cpuSeconds() - before
  if (report.failed > 0) throw new Error(`${name} answered ${report.failed} requests badly`)
  return { ...report, cpuUs: (used * 1e6) / report.count, busy: used / seconds }
}

function median(rounds: readonly Measured[]): Measured {
  const sorted = [...rounds].sort((a, b) => a.perSecond - b.perSecond)
  const middle = sorted[Math.floor(sorted.length / 2)]
  if (middle === undefined) throw new Error('no round was measured')
  return middle
}
