// Which secret files are good, and what is said about the others: a line, never a secret.
import t from 'tap'
import { readSecrets, type SecretText } from '../../src/config/secret-file.ts'

const ONE = Buffer.alloc(32, 0xa5)
const TWO = Buffer.from(Array.from({ length: 33 }, (_, index) => index))
const HEX = ONE.toString('hex')
const BASE64 = TWO.toString('base64')

const read = (text: string, mode = 0o600) => readSecrets('/s', () => ({ kind: 'text', text, mode }))

t.test('secrets come in the order of the file', async (t) => {
  const cases: readonly (readonly [string, string, readonly Buffer[]])[] = [
    ['hex', HEX, [ONE]],
    ['upper case hex', `${HEX.toUpperCase()}\n`, [ONE]],
    ['base64', `${BASE64}\n`, [TWO]],
    ['base64 with padding', `${ONE.toString('base64')}\n`, [ONE]],
    ['base64 without its padding', ONE.toString('base64').replace('=', ''), [ONE]],
    [
      'comments, blanks, line ends of Windows',
      `# new\r\n\r\n  ${BASE64} \r\n#old\n${HEX}\n`,
      [TWO, ONE],
    ],
    ['1,024 bytes', 'ab'.repeat(1024), [Buffer.alloc(1024, 0xab)]],
  ]
  for (const [title, text, secrets] of cases) {
    t.same(read(text), { kind: 'secrets', secrets }, title)
  }
  t.equal(read(HEX, 0o400).kind, 'secrets')
})

const NONE = 'holds no secret; make one: (umask 077; openssl rand -hex 32 > /s)'

t.test('what is wrong is said with its line and without the secret', async (t) => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['an empty file', '', `the secret file /s ${NONE}`],
    ['only comments', '# nothing\n\n', `the secret file /s ${NONE}`],
    [
      '31 bytes of hex',
      `#\n${HEX.slice(2)}`,
      'line 2 of the secret file /s has 31 bytes; a secret needs at least 32',
    ],
    [
      'a short base64',
      'c2hvcnQ=',
      'line 1 of the secret file /s has 5 bytes; a secret needs at least 32',
    ],
    [
      '1,025 bytes',
      'ab'.repeat(1025),
      'line 1 of the secret file /s has 1025 bytes; a secret has at most 1024',
    ],
    [
      'words',
      `${HEX}\ncorrect horse battery staple`,
      'line 2 of the secret file /s is neither hex nor base64',
    ],
    ['a comment behind', `${HEX} # mine`, 'line 1 of the secret file /s is neither hex nor base64'],
    [
      'one twice',
      `${HEX}\n${ONE.toString('base64')}`,
      'line 2 of the secret file /s repeats a secret',
    ],
    [
      'nine',
      Array.from({ length: 9 }, (_, i) => Buffer.alloc(32, i).toString('hex')).join('\n'),
      'the secret file /s holds more than 8 secrets: remove old ones',
    ],
  ]
  for (const [title, text, sentence] of cases) t.same(read(text), { kind: 'bad', sentence }, title)
})

t.test('a file that others may open is refused, whatever it holds', async (t) => {
  for (const mode of [0o640, 0o644, 0o604, 0o660, 0o601, 0o777]) {
    const sentence = `the secret file /s is open to others (mode ${mode.toString(8)}): run chmod 600 /s`
    t.same(read(HEX, mode), { kind: 'bad', sentence })
  }
})

t.test('a file that is not there or cannot be read', async (t) => {
  const cases: readonly (readonly [SecretText, string])[] = [
    [
      { kind: 'absent' },
      'there is no secret file /s; make one: (umask 077; openssl rand -hex 32 > /s)',
    ],
    [{ kind: 'unreadable', reason: 'EISDIR' }, 'the secret file /s cannot be read: EISDIR'],
  ]
  for (const [file, sentence] of cases) {
    t.same(
      readSecrets('/s', () => file),
      { kind: 'bad', sentence },
    )
  }
})
