// Plays the transcripts beside this file, and compares what happens with what stands in them.
// UPDATE=1 writes what happens into the files: read the difference before you believe it.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { Transcript } from './transcript.ts'

const RULE = '----'

/** A block is commands, a rule, and what is told; blocks are set apart by empty lines. */
function play(text: string): string {
  const transcript = new Transcript()
  const blocks = text.trimEnd().split(/\n{2,}/)
  return `${blocks.map((block) => playBlock(transcript, block)).join('\n\n')}\n`
}

function playBlock(transcript: Transcript, block: string): string {
  const lines = block.split('\n')
  const end = lines.indexOf(RULE)
  const script = end < 0 ? lines : lines.slice(0, end)
  const commands = script.filter((line) => !line.startsWith('#'))
  if (commands.length === 0) return block
  const told = commands.flatMap((command) => transcript.command(command))
  return [...script, RULE, ...told].join('\n')
}

const folder = new URL('.', import.meta.url)
const files = readdirSync(folder).filter((name) => name.endsWith('.txt'))

for (const name of files) {
  const file = new URL(name, folder)
  const text = readFileSync(file, 'utf8')
  const title = text.split('\n', 1)[0]?.replace(/^# */, '') ?? name
  void test(`${name}: ${title}`, () => {
    const played = play(text)
    if (process.env['UPDATE'] === '1') writeFileSync(file, played)
    else assert.equal(played, text)
  })
}
