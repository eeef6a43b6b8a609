// scripts/fuzz: throws changed examples at every decoder for a while, or tries one input again.
import { parseArgs } from 'node:util'
import { fuzz } from './fuzz.ts'
import { TARGETS } from './targets.ts'

const USAGE = `Fuzzes what reads the bytes of strangers.

  scripts/fuzz [TARGET]... [--seconds N] [--seed S]
      N seconds (10) for each target, or for those named, with a new seed or with S
  scripts/fuzz TARGET --input HEX
      tries one input again

Targets:
${Object.entries(TARGETS)
  .map(([name, { about }]) => `  ${name.padEnd(10)} ${about}`)
  .join('\n')}
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '10' },
    seed: { type: 'string' },
    input: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

const unknown = positionals.find((name) => !Object.hasOwn(TARGETS, name))
if (values.help) process.stdout.write(USAGE)
else if (unknown !== undefined) {
  process.stderr.write(`scripts/fuzz: there is no target ${unknown}: see scripts/fuzz --help\n`)
  process.exitCode = 2
} else if (values.input !== undefined) tryAgain(Buffer.from(values.input, 'hex'))
else runAll(Number(values.seconds), Number(values.seed ?? Date.now() % 2 ** 31))

function runAll(seconds: number, seed: number): void {
  for (const [name, target] of Object.entries(TARGETS)) {
    if (positionals.length > 0 && !positionals.includes(name)) continue
    const endMs = Date.now() + 1000 * seconds
    const { runs, ends, found } = fuzz(target, seed, () => Date.now() >= endMs)
    const outcome = found === undefined ? 'nothing found' : 'FOUND'
    process.stdout.write(
      `${name.padEnd(10)} seed ${seed}: ${runs} inputs, ${ends} ends, ${outcome}\n`,
    )
    if (found === undefined) continue
    process.exitCode = 1
    const hex = Buffer.from(found.input).toString('hex')
    process.stdout.write(`${String(found.error)}\nscripts/fuzz ${name} --input ${hex}\n`)
  }
}

function tryAgain(input: Uint8Array): void {
  for (const name of positionals) {
    process.stdout.write(`${name}: ${TARGETS[name]?.run(input)}\n`)
  }
}
