// Which calls overtake bulk traffic: those that say whether a node lives, and those that change the view.
import fc from 'fast-check'
import t from 'tap'
import type { NodeRequest } from '../../src/core/messages.ts'
import { VERSION_ZERO } from '../../src/core/version.ts'
import type { Call } from '../../src/network/node-client.ts'
import { Caller } from '../../src/node/caller.ts'
import { createKeyring } from '../../src/wire/keyring.ts'
import { nodePath } from '../../src/wire/node-message.ts'
import { requestParts } from '../wire/arbitraries.ts'
import { NODE } from '../wire/examples.ts'

/** The seed of the examples: what is in them does not matter. */
const SEED = 1

function examples(): NodeRequest[] {
  return Object.entries(requestParts).map(([kind, parts]) => {
    const [example] = fc.sample<object>(parts, { numRuns: 1, seed: SEED })
    return { kind, ...example } as NodeRequest
  })
}

t.test('pings, barriers and what changes the view overtake bulk traffic', async (t) => {
  const calls: Call[] = []
  const caller = new Caller(createKeyring('default', []), {
    client: {
      call: (call) => {
        calls.push(call)
        return Promise.resolve({ kind: 'late' })
      },
      stop: () => Promise.resolve(),
    },
    clock: { monotonicMs: () => 0, wallMs: () => 0 },
    sender: () => ({ id: NODE, incarnation: 7, clock: VERSION_ZERO }),
    refusals: { count: () => {} },
  })
  for (const request of examples()) await caller.call('10.0.0.2:8181', request, 1000)
  const urgent = calls.filter((call) => call.isUrgent).map((call) => call.path)
  const expected = ['ping', 'prepare', 'accept', 'commit', 'nudge', 'view', 'barrier', 'takeOver']
  t.same(
    urgent.toSorted(),
    expected.map((kind) => nodePath(kind as NodeRequest['kind'])).toSorted(),
  )
  t.ok(calls.length > urgent.length, 'the others wait for their turn')
})
