// Odd forms in all three spellings, byte for byte.
import { Blob, FormData, type RequestInit } from 'node-fetch'
import t from 'tap'
import { allBytes, escapeAll, jsonInit, multipartInit, part, TYPE } from './form-requests.ts'
import { problemOf, startServer } from './setup.ts'

/** What a form stores: the key, the value's bytes as latin1, the content type. */
type Stored = [string, string, string]

const BYTES = 'application/octet-stream'

const urlencoded: [string, string, Stored][] = [
  ['plain', 'key=k&value=v', ['k', 'v', BYTES]],
  ['the other order', 'value=v&key=k', ['k', 'v', BYTES]],
  ['an empty value', 'key=k&value=', ['k', '', BYTES]],
  ['a value without =', 'key=k&value', ['k', '', BYTES]],
  ['a plus is a space', 'key=a+b&value=c+d', ['a b', 'c d', BYTES]],
  ['an escaped plus', 'key=k&value=%2B', ['k', '+', BYTES]],
  ['NUL', 'key=%00&value=%00', ['\0', '\0', BYTES]],
  ['byte 255', 'key=k&value=%FF', ['k', '\xff', BYTES]],
  [
    'all bytes',
    `key=k&value=${escapeAll(Buffer.from(allBytes(), 'latin1'))}`,
    ['k', allBytes(), BYTES],
  ],
  ['an emoji', 'key=%F0%9F%98%80&value=%F0%9F%98%80', ['😀', 'ð\x9f\x98\x80', BYTES]],
  ['= in the value', 'key=k&value=a=b', ['k', 'a=b', BYTES]],
  ['dots nest nothing', 'key=k&value=v&a.b=1', ['k', 'v', BYTES]],
  ['brackets nest nothing', 'key=k&value=v&x[y]=z', ['k', 'v', BYTES]],
  ['value.x is another field', 'key=k&value=v&value.x=1&value[x]=2', ['k', 'v', BYTES]],
  ['prototypes are fields', 'key=k&value=v&__proto__=1&constructor=2', ['k', 'v', BYTES]],
  ['a prototype as a key', 'key=__proto__&value=v', ['__proto__', 'v', BYTES]],
  ['an escaped name', '%6Bey=k&value=v', ['k', 'v', BYTES]],
  ['empty pieces', '&&key=k&&value=v&', ['k', 'v', BYTES]],
]
for (const [title, body, [key, value, contentType]] of urlencoded) {
  t.test(`urlencoded, ${title}`, async (t) => {
    await stores(t, { method: 'POST', body, headers: TYPE }, [key, value, contentType])
  })
}

const json: [string, string, Stored][] = [
  ['plain', '{"key":"k","value":"v"}', ['k', 'v', BYTES]],
  ['escapes', '{"key":"\\u0000","value":"\\ud83d\\ude00"}', ['\0', 'ð\x9f\x98\x80', BYTES]],
  [
    'a prototype',
    '{"key":"__proto__","value":"","__proto__":1,"constructor":{}}',
    ['__proto__', '', BYTES],
  ],
  ['dots nest nothing', '{"key":"a.b","value":"x[y]=z","a.b":[1]}', ['a.b', 'x[y]=z', BYTES]],
  ['U+FFFD is a character', '{"key":"k","value":"\ufffd"}', ['k', 'ï¿½', BYTES]],
]
for (const [title, body, stored] of json) {
  t.test(`JSON, ${title}`, async (t) => {
    const headers = { 'content-type': 'application/json; charset=utf-8' }
    await stores(t, { method: 'POST', body, headers }, stored)
  })
}

t.test('a multipart file keeps its bytes and its type', async (t) => {
  const form = new FormData()
  form.append('key', 'k/😀')
  form.append(
    'value',
    new Blob([Buffer.from(allBytes(), 'latin1')], { type: 'image/png' }),
    'a.png',
  )
  await stores(t, { method: 'POST', body: form }, ['k/😀', allBytes(), 'image/png'])
})

const multipart: [string, string[], Stored][] = [
  ['fields without a type', [part('key', 'k'), part('value', 'a\r\nb')], ['k', 'a\r\nb', BYTES]],
  ['a field of raw bytes', [part('key', 'k'), part('value', allBytes())], ['k', allBytes(), BYTES]],
  ['an empty file', [part('key', 'k'), part('value', '', 'text/plain')], ['k', '', 'text/plain']],
  [
    'names that would nest',
    [part('a[b]', '1'), part('key', 'k'), part('value', 'v')],
    ['k', 'v', BYTES],
  ],
  [
    'something like a boundary',
    [part('key', 'k'), part('value', '\r\n--XY\r\n--X-')],
    ['k', '\r\n--XY\r\n--X-', BYTES],
  ],
]
for (const [title, parts, stored] of multipart) {
  t.test(`multipart, ${title}`, async (t) => {
    await stores(t, multipartInit(parts), stored)
  })
}

const badForms: [string, RequestInit, number, string, RegExp][] = [
  ['JSON that is none', jsonInit('{"key":'), 400, 'malformed-form', /one JSON object/],
  ['a JSON list', jsonInit('["key","value"]'), 400, 'malformed-form', /one JSON object/],
  ['JSON null', jsonInit('null'), 400, 'malformed-form', /one JSON object/],
  ['no JSON at all', jsonInit(''), 400, 'malformed-form', /one JSON object/],
  [
    'a JSON number as the value',
    jsonInit('{"key":"k","value":1}'),
    400,
    'malformed-form',
    /"value" must be a string/,
  ],
  [
    'a JSON list as the key',
    jsonInit('{"key":["k"],"value":"v"}'),
    400,
    'malformed-form',
    /"key" must be a string/,
  ],
  [
    'half a character',
    jsonInit('{"key":"k","value":"\\ud83d"}'),
    400,
    'malformed-form',
    /whole characters/,
  ],
  [
    'JSON in latin1',
    jsonInit(Buffer.from('{"key":"k","value":"\xe4"}', 'latin1')),
    400,
    'malformed-form',
    /UTF-8/,
  ],
  ['JSON without a key', jsonInit('{"value":"v"}'), 400, 'no-key', /"key"/],
  ['a bad JSON ttl', jsonInit('{"key":"k","value":"v","ttl":0}'), 400, 'malformed-ttl', /above 0/],
  [
    'JSON true as ttl',
    jsonInit('{"key":"k","value":"v","ttl":true}'),
    400,
    'malformed-form',
    /"ttl"/,
  ],
  [
    'multipart without a boundary',
    { ...multipartInit([]), headers: { 'content-type': 'multipart/form-data' } },
    400,
    'malformed-form',
    /boundary/,
  ],
  [
    'multipart without an end',
    multipartInit([part('key', 'k'), part('value', 'v')], ''),
    400,
    'malformed-form',
    /ended unexpectedly/,
  ],
  [
    'two files',
    multipartInit([part('key', 'k'), part('value', 'v'), part('value', 'w')]),
    400,
    'given-twice',
    /"value"/,
  ],
  ['multipart without a value', multipartInit([part('key', 'k')]), 400, 'no-value', /"value"/],
  [
    'a part of an odd encoding',
    multipartInit([
      part('key', 'k'),
      part('value', 'v', 'text/plain\r\nContent-Transfer-Encoding: uu'),
    ]),
    400,
    'malformed-form',
    /transfer-encoding/,
  ],
  [
    'a part with a line end in its type',
    multipartInit([part('key', 'k'), part('value', 'v', 'text/\x01plain')]),
    400,
    'malformed-header',
    /printable/,
  ],
  [
    'a key in latin1',
    multipartInit([part('key', '\xe4'), part('value', 'v')]),
    400,
    'malformed-key',
    /UTF-8/,
  ],
  [
    '65 fields',
    { method: 'POST', body: 'a=1&'.repeat(65), headers: TYPE },
    400,
    'malformed-form',
    /64 fields/,
  ],
]
for (const [title, init, status, kind, detail] of badForms) {
  t.test(`${title} is ${status} and stores nothing`, async (t) => {
    const { fetch, node, logged } = await startServer(t)
    const response = await fetch('/post', init)
    t.equal(response.status, status)
    const problem = await problemOf(response)
    t.equal(problem.kind, kind)
    t.match(problem.detail, detail)
    t.same(node.writes, [])
    t.same(logged, [])
  })
}

const ttls: [string, string, RequestInit, number | undefined][] = [
  ['a form', '/post', { method: 'POST', body: 'key=k&value=v&ttl=1.5', headers: TYPE }, 1500],
  ['a JSON number', '/post', jsonInit('{"key":"k","value":"v","ttl":60}'), 60_000],
  ['a JSON string', '/post', jsonInit('{"key":"k","value":"v","ttl":"0.5"}'), 500],
  [
    'a multipart form',
    '/post',
    multipartInit([part('key', 'k'), part('value', 'v'), part('ttl', '2')]),
    2000,
  ],
  ['a query', '/v1/k?ttl=3', { method: 'PUT', body: 'v' }, 3000],
  ['nothing', '/v1/k', { method: 'PUT', body: 'v' }, undefined],
]
for (const [title, path, init, ttlMs] of ttls) {
  t.test(`${init.method} ${path} with ${title} lives ${ttlMs} ms`, async (t) => {
    const { fetch, node } = await startServer(t)
    t.equal((await fetch(path, init)).status, 200)
    t.match(node.writes, [{ change: { kind: 'put', ttlMs } }])
  })
}

async function stores(
  test: Pick<typeof t, 'equal' | 'match' | 'teardown'>,
  init: RequestInit,
  [key, value, contentType]: Stored,
) {
  for (const path of ['/post', '/postlocal']) {
    const { fetch, node } = await startServer(test)
    const response = await fetch(path, init)
    test.equal(response.status, 200)
    const [write] = node.writes
    test.equal(node.writes.length, 1)
    test.equal(write?.key, key)
    test.equal(
      write?.change.kind === 'put' && Buffer.from(write.change.bytes).toString('latin1'),
      value,
    )
    test.match(write?.change, { contentType })
    test.equal(path === '/post' ? node.entries.size : node.localEntries.size, 1)
  }
}
