// diststore backup: all entries of one moment, from a master that goes on serving, into a file.
import { once } from 'node:events'
import type { Writable } from 'node:stream'
import type { Command } from 'commander'
import type { BackupHead } from '../wire/backup.ts'
import { BackupRefused, backupParts, ofWhat } from './backup-file.ts'
import type { Cli } from './cli.ts'
import { EXIT, Failure } from './exit-codes.ts'
import { bytesText, Progress } from './progress.ts'

export function addBackup(program: Command, cli: Cli): void {
  program
    .command('backup <file>')
    .summary('write all entries to a file')
    .description(
      'Writes all entries of one moment to a file, - for stdout, while the node goes on serving.\n' +
        'The file has its name once it is whole. Answered by a master in sync, on its host alone.',
    )
    .action(async (path: string) => {
      // The node, and its clients on this host, have better things to do.
      cli.world.giveWay()
      if (path === '-') return say(cli, await copy(cli, cli.world.stdout))
      const file = await created(cli, path)
      try {
        const copied = await copy(cli, file.stream)
        await file.keep()
        say(cli, copied)
      } catch (error) {
        await file.discard()
        throw error instanceof Failure ? error : cannotWrite(path, error)
      }
    })
}

interface Copied {
  readonly head: BackupHead
  readonly entries: number
  readonly bytes: number
}

/** Copies the node's answer, and checks it on the way. */
async function copy(cli: Cli, to: Writable): Promise<Copied> {
  const { body } = await cli.node.ask({ method: 'GET', path: '/admin/backup' })
  const progress = new Progress(cli.world)
  const broken = new Promise<never>((_, reject) => to.once('error', reject))
  // Whoever waits for a write hears of it.
  broken.catch(() => {})
  let head: BackupHead | undefined
  let entries = 0
  let bytes = 0
  const write = async (piece: Buffer) => {
    bytes += piece.length
    if (!to.write(piece)) await Promise.race([once(to, 'drain'), broken])
  }
  try {
    for await (const part of backupParts(body, write)) {
      if (part.kind === 'head') ({ head } = part)
      if (part.kind === 'entries') entries += part.entries.length
      const total = head?.keys ?? 0
      progress.at({ done: entries, total, text: `${entries} keys, ${bytesText(bytes)}` })
    }
  } catch (error) {
    if (error instanceof BackupRefused) {
      const sentence = `the backup is of no use: ${error.message}`
      throw new Failure(EXIT.unreachable, sentence, error)
    }
    if (body.errored !== null && body.errored === error) throw cli.node.brokeOff(error)
    throw error
  } finally {
    progress.clear()
    body.destroy()
  }
  if (head === undefined) throw cli.node.isNoNode()
  return { head, entries, bytes }
}

/** To stderr: stdout may be the backup. */
function say({ world }: Cli, { head, entries, bytes }: Copied): void {
  const keys = entries === 1 ? '1 key' : `${entries} keys`
  world.stderr.write(`${keys}, ${bytesText(bytes)}: ${ofWhat(head)}\n`)
}

async function created(cli: Cli, path: string) {
  try {
    return await cli.world.createFile(path)
  } catch (error) {
    throw cannotWrite(path, error)
  }
}

function cannotWrite(path: string, error: unknown): Failure {
  const why = error instanceof Error ? error.message : String(error)
  return new Failure(EXIT.usage, `${path} cannot be written: ${why}`, error)
}
