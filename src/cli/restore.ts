// diststore restore: a backup goes back into a running cluster, as ordinary writes.
// Writes nothing before the whole file was checked.
import type { Command } from 'commander'
import type { BackupEntry } from '../wire/backup.ts'
import { BackupRefused, backupParts, type GoodPart, ofWhat } from './backup-file.ts'
import type { Cli } from './cli.ts'
import { EXIT, Failure } from './exit-codes.ts'
import { RESTORE_BYTES_MAX, RESTORE_CONCURRENCY } from './limits.ts'
import { Progress } from './progress.ts'
import { RestoreWrites, type When } from './restore-writes.ts'
import { Room } from './room.ts'

interface RestoreOptions {
  readonly ifAbsent?: true
  readonly newer?: true
  readonly overwrite?: true
  readonly json?: true
}

/** What became of the entries. */
interface Counts {
  restored: number
  /** The cluster's entry stayed. */
  kept: number
  /** Their time was over. */
  ended: number
}

export function addRestore(program: Command, cli: Cli): void {
  program
    .command('restore <file>')
    .summary('write a backup back into the cluster')
    .description(
      'Writes the entries of a backup into the cluster, while it goes on serving. A file that is\n' +
        'damaged or not whole is refused before anything is written. May be repeated.',
    )
    .option('--if-absent', 'only keys under which there is nothing (this is the default)')
    .option('--newer', 'also in place of entries that were written before those of the backup')
    .option('--overwrite', 'all of them')
    .option('--json', 'print the counts as JSON')
    .action(async (path: string, options: RestoreOptions) => {
      const when = whenOf(options)
      if (path === '-') {
        const sentence =
          'a backup is read twice, so that nothing is written of a bad one: give a file'
        throw new Failure(EXIT.usage, sentence)
      }
      const { entries, of } = await check(cli, path)
      if (!options.json) cli.say(`${path} is whole: ${keysText(entries)} of ${of}`)
      const counts = await write(cli, { path, entries, when })
      if (options.json) return cli.sayJson(counts)
      cli.say(sentenceOf(counts))
    })
}

function whenOf({ ifAbsent, newer, overwrite }: RestoreOptions): When {
  if ([ifAbsent, newer, overwrite].filter(Boolean).length > 1) {
    throw new Failure(EXIT.usage, 'give --if-absent, --newer or --overwrite, one of them')
  }
  if (overwrite) return 'always'
  return newer ? 'newer' : 'absent'
}

/** Reads the file to its end. */
async function check(cli: Cli, path: string): Promise<{ entries: number; of: string }> {
  const progress = new Progress(cli.world)
  let total = 0
  let done = 0
  let of = ''
  try {
    for await (const part of parts(cli, path, 'nothing was written')) {
      if (part.kind === 'head') {
        total = part.head.keys
        of = ofWhat(part.head)
      } else if (part.kind === 'entries') {
        done += part.entries.length
        progress.at({ done, total, text: `${done} keys checked` })
      }
    }
  } finally {
    progress.clear()
  }
  return { entries: done, of }
}

async function* parts(cli: Cli, path: string, meanwhile: string): AsyncIterable<GoodPart> {
  const file = cli.world.openFile(path)
  try {
    yield* backupParts(file)
  } catch (error) {
    if (error instanceof BackupRefused) {
      const sentence = `${path} cannot be restored: ${error.message}; ${meanwhile}`
      throw new Failure(EXIT.refused, sentence, error)
    }
    const why = error instanceof Error ? error.message : String(error)
    throw new Failure(EXIT.usage, `${path} cannot be read: ${why}`, error)
  } finally {
    file.destroy()
  }
}

/** So many workers take entries from one reader: it waits for them. */
async function write(
  cli: Cli,
  about: { path: string; entries: number; when: When },
): Promise<Counts> {
  const { path, entries: total, when } = about
  const counts: Counts = { restored: 0, kept: 0, ended: 0 }
  const connections = cli.connections(RESTORE_CONCURRENCY)
  const writes = new RestoreWrites(connections, cli.world.time, when)
  const progress = new Progress(cli.world)
  const room = new Room(RESTORE_BYTES_MAX)
  const queue = entriesOf(parts(cli, path, 'it was changed while it was being restored'), room)
  const work = async () => {
    for await (const entry of queue) {
      try {
        counts[await writes.restore(entry)]++
      } finally {
        room.give(entry.bytes.length)
      }
      const done = counts.restored + counts.kept + counts.ended
      progress.at({ done, total, text: `${done} of ${keysText(total)}` })
    }
  }
  try {
    const workers = await Promise.allSettled(Array.from({ length: RESTORE_CONCURRENCY }, work))
    for (const worker of workers) if (worker.status === 'rejected') throw worker.reason
    return counts
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const soFar = `${sentenceOf(counts)} so far; the same command goes on from there`
    throw new Failure(error.exitCode, `${error.message} (${soFar})`, error)
  } finally {
    progress.clear()
    await connections.close()
  }
}

/** Each entry once there is room for its value. */
async function* entriesOf(parts: AsyncIterable<GoodPart>, room: Room): AsyncGenerator<BackupEntry> {
  for await (const part of parts) {
    for (const entry of part.kind === 'entries' ? part.entries : []) {
      await room.take(entry.bytes.length)
      yield entry
    }
  }
}

/** "restored 12 keys, left 3 as they were, 1 had ended". */
function sentenceOf({ restored, kept, ended }: Counts): string {
  const left = kept === 0 ? '' : `, left ${kept} as they were`
  return `restored ${keysText(restored)}${left}${ended === 0 ? '' : `, ${ended} had ended`}`
}

function keysText(count: number): string {
  return count === 1 ? '1 key' : `${count} keys`
}
