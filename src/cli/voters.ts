// diststore voters: shows and changes who decides in mode majority.
import type { Command } from 'commander'
import type { Cli } from './cli.ts'
import { EXIT, Failure } from './exit-codes.ts'
import { giveOrder } from './ordering.ts'

const PATH = '/admin/voters'

export function addVoters(program: Command, cli: Cli): void {
  program
    .command('voters [change] [node]')
    .summary('show or change the voters of mode majority')
    .usage('[add|remove <node>] [--json]')
    .description(
      'Shows the voters of mode majority, or makes a node, named by id or address, a voter or\n' +
        'none; one at a time. Answered by the node of this host alone.',
    )
    .option('--json', 'print the answer of the node')
    .action(
      async (change: string | undefined, node: string | undefined, { json }: { json?: true }) => {
        const isJson = json === true
        if (change === undefined) return show(cli, isJson)
        if ((change !== 'add' && change !== 'remove') || node === undefined) {
          throw new Failure(EXIT.usage, 'say "voters", "voters add NODE" or "voters remove NODE"')
        }
        await giveOrder(cli, { path: PATH, order: { [change]: node }, isJson })
      },
    )
}

async function show(cli: Cli, isJson: boolean): Promise<void> {
  const answer = await cli.node.askJson({ method: 'GET', path: PATH })
  if (isJson) return cli.sayJson(answer)
  const { mode, voters }: { mode?: unknown; voters?: { id: string; address: string }[] } =
    Object(answer)
  if (!Array.isArray(voters)) throw cli.node.isNoNode()
  if (voters.length === 0) return cli.say(`there are no voters in mode ${String(mode)}`)
  for (const { id, address } of voters) cli.say(`${address}  ${id}`)
}
