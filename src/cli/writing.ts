// What put and rm have in common: conditions, retries, and what became of the write.
import type { Cli } from './cli.ts'

export interface ConditionOptions {
  readonly ifVersion?: string
  readonly idempotencyKey?: string
}

export function conditionHeaders(options: ConditionOptions): Record<string, string> {
  const { ifVersion, idempotencyKey } = options
  return {
    ...(ifVersion !== undefined && { 'if-match': `"${ifVersion}"` }),
    ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
  }
}

/** "greeting stored on 2 nodes, version 018b…"; one copy is worth a warning. */
export function sayWritten(cli: Cli, done: string, answer: unknown): void {
  const written: { version?: unknown; copies?: unknown; degraded?: unknown } = Object(answer)
  const { version, copies, degraded } = written
  if (typeof version !== 'string' || typeof copies !== 'number') throw cli.node.isNoNode()
  cli.say(`${done} on ${copies === 1 ? '1 node' : `${copies} nodes`}, version ${version}`)
  if (degraded === true) cli.warn('on one node only: its loss would be the loss of this write')
}
