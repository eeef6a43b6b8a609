// What a node says about its secrets, and that new ones count at once.
import t from 'tap'
import type { NodeSettings } from '../../src/config/settings.ts'
import { CallSigner } from '../../src/node/call-signer.ts'
import { Security } from '../../src/node/security.ts'
import { createKeyring } from '../../src/wire/keyring.ts'
import { NODE } from '../wire/examples.ts'

const OLD = Buffer.alloc(32, 1)
const NEW = Buffer.alloc(32, 2)
const HERE = '10.0.0.1:8181'

function bench(...secrets: Buffer[]) {
  const logged: string[] = []
  const say = (event: string) => void logged.push(event)
  const security = new Security({ clusterName: 'default', secrets } as unknown as NodeSettings, {
    clock: { monotonicMs: () => 0, wallMs: () => 0 },
    log: { debug: say, info: say, warn: say, error: say },
    randomHex: (bytes) => '5'.repeat(2 * bytes),
    address: HERE,
  })
  t.teardown(() => security.stop())
  /** What becomes of a call signed with this secret. */
  const admits = (secret: Buffer): string => {
    const signer = new CallSigner(createKeyring('default', [secret]), { id: NODE, incarnation: 7 })
    const { headers } = signer.sign(HERE, '/_node/ping', Buffer.from('body'))
    const { authorization, 'content-digest': contentDigest } = headers
    const where = { path: '/_node/ping', host: HERE, arrivedAt: HERE, from: '10.0.0.9' }
    return security.gate.admit({ ...where, authorization, contentDigest }).kind
  }
  return { security, logged, admits }
}

t.test('a cluster without a secret is warned of, once in the log', async (t) => {
  const { security, logged, admits } = bench()
  t.same(logged, ['no-secret'])
  t.match(security.warnings(), [/^this cluster has no secret: .* same secret-file$/])
  t.equal(admits(OLD), 'admitted')
})

t.test('with a secret there is nothing to say', async (t) => {
  const { security, logged, admits } = bench(OLD)
  t.same([logged, security.warnings()], [[], []])
  t.equal(admits(OLD), 'again')
  t.equal(admits(NEW), 'unknown')
  t.same(logged, ['calls-refused'])
  t.match(security.refusals().calls, { key: 1, stamp: 0 })
})

t.test('new secrets count at once', async (t) => {
  const { security, admits } = bench(OLD)
  t.equal(security.useSecrets([NEW]).isSecret, true)
  t.equal(admits(OLD), 'unknown')
  t.equal(admits(NEW), 'again')
  security.useSecrets([])
  t.equal(admits(OLD), 'admitted')
  t.equal(security.warnings().length, 1)
})
