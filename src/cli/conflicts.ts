// diststore conflicts: the writes that lost when two sides of a split were merged.
import type { Command } from 'commander'
import type { Cli } from './cli.ts'
import { keyPath } from './key-path.ts'
import { tableLines } from './table.ts'

const PATH = '/admin/conflicts'

interface Conflict {
  readonly key: string
  readonly winner: string
  readonly loser: { readonly version: string; readonly isDeleted: boolean; readonly bytes: number }
  readonly at: string
}

export function addConflicts(program: Command, cli: Cli): void {
  program
    .command('conflicts [key]')
    .summary('list writes that lost in a merge')
    .description(
      'Lists the keys that both sides of a split wrote, or prints the value that lost under a ' +
        'key.\nAnswered by the node of this host alone, for the merges it made.',
    )
    .option('--json', 'print the answer of the node')
    .action(async (key: string | undefined, { json }: { json?: true }) => {
      if (key === undefined) return list(cli, json === true)
      await cli.print({ method: 'GET', path: keyPath(PATH, key) })
    })
}

async function list(cli: Cli, isJson: boolean): Promise<void> {
  const answer = await cli.node.askJson({ method: 'GET', path: PATH })
  if (isJson) return cli.sayJson(answer)
  const { conflicts }: { conflicts?: Conflict[] } = Object(answer)
  if (!Array.isArray(conflicts)) throw cli.node.isNoNode()
  if (conflicts.length === 0) return cli.say('this node remembers no conflicts')
  const columns = [{ title: 'KEY' }, { title: 'LOST' }, { title: 'VERSION' }, { title: 'MERGED' }]
  const rows = conflicts.map(({ key, loser, at }) => [
    { text: encodeURIComponent(key) },
    { text: loser.isDeleted ? 'a delete' : `${loser.bytes} bytes` },
    { text: loser.version },
    { text: at },
  ])
  for (const line of tableLines(columns, rows)) cli.say(line)
}
