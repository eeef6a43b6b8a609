// What the operator's verbs have in common: an order is sent, and what was done is said.
import type { Cli } from './cli.ts'

/** Sends an order and prints its `detail`, or with --json the whole answer. */
export async function giveOrder(
  cli: Cli,
  { path, order, isJson }: { path: string; order: object; isJson: boolean },
): Promise<void> {
  const answer = await cli.node.order(path, order)
  if (isJson) return cli.sayJson(answer)
  const { detail }: { detail?: unknown } = Object(answer)
  if (typeof detail !== 'string') throw cli.node.isNoNode()
  cli.say(detail)
}
