// Spreads batches over the processors. A run is one thread; runs have nothing to do with each other.
import { type ChildProcess, spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import type { Batch, BatchReport } from './batch.ts'
import { workerCode } from './worker-code.ts'

/**
 * What is young enough to be collected cheaply. A run keeps its history to the end: with the 16 MiB
 * of node it is copied again and again. Unit: MiB.
 */
const YOUNG_MIB = 64

const WORKER_FLAGS = [
  `--min-semi-space-size=${YOUNG_MIB}`,
  `--max-semi-space-size=${YOUNG_MIB}`,
  '--input-type=module',
  '-',
]

interface Job {
  readonly batch: Batch
  done(report: BatchReport): void
  failed(error: Error): void
}

export class Pool {
  readonly #workers: ChildProcess[] = []
  readonly #idle: ChildProcess[] = []
  readonly #jobs: Job[] = []
  readonly #running = new Map<ChildProcess, Job>()

  constructor(size: number = availableParallelism()) {
    const code = workerCode()
    for (let i = 0; i < size; i++) this.#add(code)
  }

  run(batch: Batch): Promise<BatchReport> {
    return new Promise((done, failed) => {
      this.#jobs.push({ batch, done, failed })
      this.#next()
    })
  }

  /** Seeds in blocks, so that every processor has its share. */
  async runInBlocks(
    batch: Batch,
    blockSeeds: number,
    onBlock: (report: BatchReport) => void = () => {},
  ): Promise<BatchReport[]> {
    const blocks: Promise<BatchReport>[] = []
    for (let at = 0; at < batch.seeds; at += blockSeeds) {
      const seeds = Math.min(blockSeeds, batch.seeds - at)
      const block = this.run({ ...batch, firstSeed: batch.firstSeed + at, seeds })
      blocks.push(
        block.then((report) => {
          onBlock(report)
          return report
        }),
      )
    }
    return Promise.all(blocks)
  }

  stop(): void {
    for (const worker of this.#workers) worker.disconnect()
  }

  #add(code: string): void {
    const stdio = ['pipe', 'inherit', 'inherit', 'ipc'] as const
    const worker = spawn(process.execPath, WORKER_FLAGS, { stdio: [...stdio] })
    worker.stdin?.end(code)
    this.#workers.push(worker)
    this.#idle.push(worker)
    worker.on('message', (report: BatchReport) => {
      const job = this.#running.get(worker)
      this.#running.delete(worker)
      this.#idle.push(worker)
      job?.done(report)
      this.#next()
    })
    worker.on('exit', (code) => {
      this.#running.get(worker)?.failed(new Error(`a worker ended with code ${code}`))
    })
  }

  #next(): void {
    const [worker] = this.#idle
    const [job] = this.#jobs
    if (worker === undefined || job === undefined) return
    this.#idle.shift()
    this.#jobs.shift()
    this.#running.set(worker, job)
    worker.send(job.batch)
  }
}
