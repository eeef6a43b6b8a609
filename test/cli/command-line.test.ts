// The words of the command: help, versions, mistakes, and which node is meant.
import t from 'tap'
import { EXIT, exitCodeOf } from '../../src/cli/exit-codes.ts'
import { originOf } from '../../src/cli/local-node.ts'
import { diststore } from './terminal.ts'

const MISTAKES: readonly (readonly [words: string[], stderr: string])[] = [
  [['nodse'], "unknown command 'nodse'; did you mean nodes?"],
  [['ls', '--limt', '3'], "unknown option '--limt'; did you mean --limit?"],
  [['get'], "missing required argument 'key'; --help lists what there is"],
  [['put', 'k'], 'there is no value: give one, or - to read it from stdin, or --file'],
  [['put', 'k', 'v', '--file', 'f'], 'give a value or --file, one of them'],
  [
    ['put', 'k', 'v', '--if-absent', '--if-version', '1'],
    'give --if-absent or --if-version, one of them',
  ],
  [['voters', 'ad', 'x'], 'say "voters", "voters add NODE" or "voters remove NODE"'],
  [
    ['status', '--url', 'https://a'],
    '"https://a" is no address of a node; it must look like http://10.0.0.1:8181',
  ],
]

t.test('a mistake is one line on stderr and exit code 2', async (t) => {
  for (const [words, sentence] of MISTAKES) {
    const expected = { code: 2, stdout: '', stderr: `diststore: ${sentence}\n` }
    t.strictSame(await diststore(words), expected, words.join(' '))
  }
})

t.test('help and version go to stdout', async (t) => {
  t.strictSame(await diststore(['--version']), { code: 0, stdout: 'diststore 1.2.3\n', stderr: '' })
  const help = await diststore(['--help'])
  t.match(help, { code: 0, stderr: '' })
  for (const code of Object.values(EXIT)) t.match(help.stdout, new RegExp(`[ \\n]${code} `))
  t.match(await diststore(['put', '--help']), { code: 0, stdout: /--url/ })
  t.match(await diststore([]), { code: 2, stdout: '' })
})

const ORIGINS: readonly (readonly [url: string, origin: string])[] = [
  ['10.0.0.1', 'http://10.0.0.1:8181'],
  ['10.0.0.1:90', 'http://10.0.0.1:90'],
  ['10.0.0.1:80', 'http://10.0.0.1'],
  ['http://10.0.0.1', 'http://10.0.0.1'],
  ['http://cache.lan:8181/', 'http://cache.lan:8181'],
]

t.test('a node is named as people write it', async (t) => {
  const world = { surroundings: { env: {}, interfaces: [], readFile: () => ABSENT } }
  for (const [url, origin] of ORIGINS) t.equal(originOf(url, world), origin, url)
})

const ABSENT = { kind: 'absent' } as const

t.test('without a name it is the node of this host, where its settings put it', async (t) => {
  const lo = {
    name: 'lo',
    address: '127.0.0.1',
    prefixBits: 8,
    isInternal: true,
    hasDefaultRoute: false,
  }
  const settings = (text: string, env: Record<string, string> = {}) => ({
    surroundings: { env, interfaces: [lo], readFile: () => ({ kind: 'text', text }) as const },
  })
  t.equal(originOf(undefined, settings('')), 'http://127.0.0.1:8181')
  t.equal(originOf(undefined, settings('port = 90')), 'http://127.0.0.1:90')
  t.equal(
    originOf(undefined, settings('host = "127.0.0.5"', { DISTSTORE_PORT: '91' })),
    'http://127.0.0.5:91',
  )
  const secret = 'secret-file = "/not/readable/by/everybody"'
  t.equal(originOf(undefined, settings(secret)), 'http://127.0.0.1:8181')
  t.throws(() => originOf(undefined, settings('port = "x"')), {
    exitCode: EXIT.usage,
    message: /cannot be used: port .* name a node with --url$/,
  })
})

t.test('a bug is never taken for "not found"', async (t) => {
  const openFile = () => {
    throw new TypeError('oops')
  }
  const ran = await diststore(['put', 'k', '--file', 'f', '--url', '127.0.0.1:1'], { openFile })
  t.match(ran, { code: 4, stdout: '', stderr: /^diststore: this is a bug .*TypeError: oops/ })
})

t.test('only a missing key is "not found"', async (t) => {
  t.equal(exitCodeOf(404, 'not-found'), EXIT.notFound)
  t.equal(exitCodeOf(404, 'no-such-path'), EXIT.refused)
})
