// The help names every setting that is built, with its default, and fits a terminal.
import t from 'tap'
import { helpText } from '../../src/config/help.ts'

const LINES: readonly string[] = [
  '  --port PORT             HTTP port, and UDP port for unicast [8181]',
  '  --copy-bytes-max SIZE   memory for copies of values whose masters are other nodes [64 MiB]',
  '  --store-bytes-max SIZE  size at which the store is full; without it: what the disk holds',
  '  --witness               this node votes and keeps copies, and is never a master',
  '  --node HOST:PORT        nodes to look for where multicast does not reach; may be repeated',
  '  --check-config          check the settings and exit',
]

t.test('help', async (t) => {
  const text = helpText()
  const lines = text.split('\n')
  for (const line of LINES) t.ok(lines.includes(line), line)
  t.strictSame(
    lines.filter((line) => line.length > 100),
    [],
    'no line above 100 columns',
  )
})
