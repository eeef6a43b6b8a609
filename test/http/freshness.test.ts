// What Cache-Control asks of the node.
import t from 'tap'
import { startServer } from './setup.ts'

const freshness: [string | undefined, object][] = [
  [undefined, { kind: 'proven' }],
  ['', { kind: 'proven' }],
  ['max-age=0', { kind: 'proven' }],
  ['no-cache', { kind: 'strong' }],
  ['No-Cache , max-stale', { kind: 'strong' }],
  ['only-if-cached', { kind: 'onlyHere' }],
  ['max-stale', { kind: 'stale', ageMsMax: Number.POSITIVE_INFINITY }],
  ['max-stale=5', { kind: 'stale', ageMsMax: 5000 }],
  ['max-stale="5"', { kind: 'stale', ageMsMax: 5000 }],
  ['max-stale=soon', { kind: 'proven' }],
]
for (const [header, wanted] of freshness) {
  t.test(`Cache-Control: ${header ?? '(none)'} asks for ${JSON.stringify(wanted)}`, async (t) => {
    const { fetch, node } = await startServer(t)
    await fetch('/get/k', header === undefined ? {} : { headers: { 'cache-control': header } })
    t.same(node.reads, [{ key: 'k', freshness: wanted }])
  })
}
