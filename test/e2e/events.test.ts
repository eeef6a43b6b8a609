// Changes of a real cluster as the built command shows them, over a change of primary.
import assert from 'node:assert/strict'
import { diststore } from './command.ts'
import { eventually } from './eventually.ts'
import { scenario } from './scenario.ts'

scenario('watch shows changes by way of any node, also of the next primary', async (cluster) => {
  await cluster.start(1, 2, 3)
  const { primary, second, others } = await cluster.roles()
  const [third] = others
  assert(third !== undefined)
  let onStdout = () => {}
  const watched = new Promise<void>((resolve) => (onStdout = resolve))
  const words = ['watch', 'a/', '--count', '10']
  const watching = diststore(third.address, words, { onStdout: () => onStdout() })
  const stream = new AbortController()
  try {
    const events = await fetch(`http://${third.address}/events?prefix=a/`, {
      signal: stream.signal,
    })
    assert.equal(new URL(events.url).host, primary.address, 'the primary tells')
    const reader = events.body?.getReader()
    let heard = ''
    const hear = async (text: string) => {
      while (!heard.includes(text)) {
        heard += Buffer.from((await reader?.read())?.value ?? []).toString()
      }
    }
    await hear('event: view')
    await second.client.post('b', 'not for it')
    await second.client.post('a/first', '1')
    await hear('a/first')
    assert.match(heard, /^event: view\ndata: \{"ballot":/)
    assert.doesNotMatch(heard, /"b"/)
  } finally {
    stream.abort()
  }
  // Else it may not have begun yet, and what it cannot begin it gives up at once.
  await watched
  await primary.kill()
  await eventually(async () => {
    const view = await cluster.settled()
    assert(view.masters.every(({ address }) => address !== primary.address))
  })
  // It may be connecting again: more changes are made than it waits for.
  const made = { isOver: false }
  const writing = (async () => {
    for (let count = 0; !made.isOver && count < 500; count++) {
      await third.client.post(`a/${count}`, 'x')
      await third.client.delete(`a/${count}`)
    }
  })()
  const { code, stdout, stderr } = await watching
  made.isOver = true
  await writing
  assert.equal(code, 0, stderr)
  assert.match(String(stdout), /^(put|delete) {4,7}a%2F\d+ {2}[0-9a-f-]{33}$/m)
  assert(!String(stdout).includes('  b  '))
})
