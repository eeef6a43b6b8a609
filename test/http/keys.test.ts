// Odd keys in every place a key can stand.
import t from 'tap'
import { startServer } from './setup.ts'

const keys: [string, string][] = [
  ['a slash', 'a/b'],
  ['only slashes', '//'],
  ['a NUL', '\0'],
  ['a percent sign', '100%'],
  ['an escape that is no escape', '%2F'],
  ['a plus', 'a+b'],
  ['a space', 'a b'],
  ['an emoji', '😀'],
  ['a question mark', 'a?key=b'],
  ['an ampersand', 'a&b=c'],
  ['a hash', 'a#b'],
  ['a line end', 'a\r\nb'],
  ['a byte order mark', '\ufeffa'],
  ['a decomposed letter', 'a\u0308'],
  ['brackets', 'x[y]'],
  ['a dot inside', 'a.b'],
  ['a prototype', '__proto__'],
  ['a constructor', 'constructor'],
  ['three dots', '...'],
  ['a semicolon', 'a;b'],
  ['a backslash', 'a\\b'],
  ['a favicon', 'favicon.ico'],
  ['511 bytes', 'x'.repeat(511)],
  ['511 bytes of three each', `${'€'.repeat(170)}x`],
  ['another escape case', 'Ü'],
]

for (const [title, key] of keys) {
  t.test(`a key may hold ${title}`, async (t) => {
    const { fetch, node } = await startServer(t)
    const escaped = encodeURIComponent(key)
    const init = { method: 'PUT', body: 'v', headers: { 'content-type': 'text/plain' } }
    const answer: unknown = await (await fetch(`/v1/${escaped}`, init)).json()
    t.match(answer, { key })
    t.same([...node.entries.keys()], [key])
    for (const path of [`/get/${escaped}`, `/get?key=${escaped}`, `/getlocal/${escaped}`]) {
      t.equal(await (await fetch(path)).text(), 'v', path.slice(0, 40))
    }
    t.equal(await (await fetch('/list')).text(), `${escaped}\n`)
    t.equal((await fetch(`/v1?key=${escaped}`, { method: 'DELETE' })).status, 200)
    t.equal(node.entries.size, 0)
  })
}

const spellings: [string, string, string][] = [
  ['lower case escapes', '/get/a%2fb', 'a/b'],
  ['needless escapes', '/get/%61', 'a'],
  ['a plain slash', '/get/a/b', 'a/b'],
  ['a plus in the path is a plus', '/get/a+b', 'a+b'],
  ['a plus in the query is a space', '/get?key=a+b', 'a b'],
  ['an empty parameter beside it', '/get/a?', 'a'],
  ['an unknown parameter beside it', '/get/a?_=1&x=y&x=z', 'a'],
  ['a query with a question mark', '/get?key=a?b', 'a?b'],
  ['dot by query', '/get?key=.', '.'],
  ['two dots by query', '/get?key=..', '..'],
]
for (const [title, path, key] of spellings) {
  t.test(`${title}: ${path} asks for ${JSON.stringify(key)}`, async (t) => {
    const { raw, node } = await startServer(t)
    await raw(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    t.same(
      node.reads.map(({ key }) => key),
      [key],
    )
  })
}
