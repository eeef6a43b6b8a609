// Builds an older commit beside this one, for tests of both together.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** Compiling takes half a minute where others work too. Unit: ms. */
const BUILD_WAIT_MS = 10 * 60_000

export interface OlderBuild {
  /** The commit, for people. */
  readonly name: string
  /** Its diststored.js. */
  readonly program: string
  /** Removes it. */
  end(): void
}

/**
 * The build of $UPGRADE_FROM, else of the last tag, else of the commit before the last. Undefined where
 * there is no history to take it from. It runs with the packages that are installed here.
 */
export function buildOlder(): OlderBuild | undefined {
  const commit = olderCommit()
  if (commit === undefined) return undefined
  const directory = mkdtempSync(join(tmpdir(), 'diststore-older-'))
  const end = () => rmSync(directory, { recursive: true, force: true })
  try {
    const archive = join(directory, 'source.tar')
    git('archive', '--output', archive, commit)
    run('tar', ['-xf', archive, '-C', directory])
    symlinkSync(resolve('node_modules'), join(directory, 'node_modules'))
    const compiler = resolve('node_modules/typescript/bin/tsc')
    run(process.execPath, [compiler, '--project', join(directory, 'tsconfig.build.json')])
  } catch (error) {
    end()
    throw error
  }
  const program = join(directory, 'dist/bin/diststored.js')
  return { name: git('log', '-1', '--format=%h %s', commit), program, end }
}

function olderCommit(): string | undefined {
  const asked = process.env['UPGRADE_FROM']
  if (asked !== undefined && asked !== '') return asked
  return firstThatWorks([
    () => git('describe', '--tags', '--abbrev=0'),
    () => git('rev-parse', '--verify', 'HEAD^'),
  ])
}

function firstThatWorks(attempts: readonly (() => string)[]): string | undefined {
  for (const attempt of attempts) {
    try {
      return attempt()
    } catch {
      continue // no tag, a history of one commit, or no repository
    }
  }
  return undefined
}

function git(...args: string[]): string {
  return run('git', args).trim()
}

function run(program: string, args: readonly string[]): string {
  const stdio = ['ignore', 'pipe', 'pipe'] as const
  return execFileSync(program, args, {
    encoding: 'utf8',
    stdio: [...stdio],
    timeout: BUILD_WAIT_MS,
  })
}
