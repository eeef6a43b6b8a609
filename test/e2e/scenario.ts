// One test with a cluster of its own, which ends with it; the logs are shown when it fails.
import { test } from 'node:test'
import { Cluster } from './cluster.ts'

/** Beyond it something hangs; every wait inside has a shorter deadline. Unit: ms. */
const SCENARIO_WAIT_MS = 300_000

/** Prints a figure; never asserts it. */
export type Note = (text: string) => void

export function scenario(title: string, body: (cluster: Cluster, note: Note) => Promise<void>) {
  void test(title, { timeout: SCENARIO_WAIT_MS }, async (t) => {
    const cluster = await Cluster.create()
    try {
      await body(cluster, (text) => t.diagnostic(`${title}: ${text}`))
    } catch (error) {
      console.error(`${title}: the ends of the logs\n${cluster.logTails()}`)
      throw error
    } finally {
      await cluster.end()
    }
  })
}
