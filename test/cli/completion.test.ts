// What shells are told about the command's words: asked of real shells where they are installed.
import { spawnSync } from 'node:child_process'
import t from 'tap'
import { diststore } from './terminal.ts'

const { stdout: script } = await diststore(['completion', 'bash'])

/** What bash proposes for the last of these words. */
function proposed(...words: string[]): string[] {
  const quoted = words.map((word) => `'${word}'`).join(' ')
  const asked = `COMP_WORDS=(diststore ${quoted}); COMP_CWORD=${words.length}; _diststore
    printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', `${script}\n${asked}`])
  const text = String(stderr).replaceAll(/.*compopt: not currently executing.*\n/g, '<files>')
  return [...String(stdout).split('\n').filter(Boolean), ...(text === '' ? [] : [text])]
}

const PROPOSALS: readonly (readonly [words: string[], proposed: string[]])[] = [
  [['st'], ['status']],
  [['--u'], ['--url']],
  [['--url', 'h:1', 'vot'], ['voters']],
  [
    ['get', '--st'],
    ['--strong', '--stale'],
  ],
  [['get', '--stale', '--lo'], ['--local']],
  [['put', 'k', '--ttl', ''], []],
  [['put', 'k', '--file', ''], ['<files>']],
  [
    ['completion', ''],
    ['bash', 'zsh', 'fish'],
  ],
  [['completion', '--url', 'h:1', 'z'], ['zsh']],
  [['completion', 'zsh', ''], []],
  [['get', 'get', ''], []],
]

t.test('bash completes verbs, options and values', async (t) => {
  for (const [words, expected] of PROPOSALS) {
    t.strictSame(proposed(...words), expected, words.join(' '))
  }
})

t.test('every shell hears of every verb and option', async (t) => {
  const help = (await diststore(['--help'])).stdout
  const verbs = [...help.matchAll(/^ {2}([a-z]+(?:-[a-z]+)*) .*/gm)].map(([, verb]) => verb ?? '')
  t.ok(verbs.includes('status') && verbs.includes('completion'))
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, stdout } = await diststore(['completion', shell])
    t.equal(code, 0)
    for (const verb of verbs) t.match(stdout, new RegExp(`\\b${verb}\\b`), `${shell} ${verb}`)
    t.match(stdout, /idempotency-key/, shell)
    const { status, error } = spawnSync(shell, ['-n', '-c', stdout])
    if (error === undefined) t.equal(status, 0, `${shell} can read it`)
  }
})

t.test('another shell is refused by name', async (t) => {
  const ran = await diststore(['completion', 'cmd'])
  t.match(ran, { code: 2, stdout: '', stderr: /'cmd' is invalid .* bash, zsh, fish/ })
})
