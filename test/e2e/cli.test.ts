// The built command against real nodes: what a person types, reads and gets as an exit code.
import assert from 'node:assert/strict'
import { diststore } from './command.ts'
import { eventually } from './eventually.ts'
import { scenario } from './scenario.ts'

interface Finding {
  readonly grade: string
  readonly sentence: string
}

scenario('values, status and orders by the command', async (cluster) => {
  await cluster.start(1, 2, 3)
  const { primary, second, others } = await cluster.roles()
  const [third] = others
  assert(third !== undefined)
  const large = Buffer.alloc(3 * 1024 * 1024, 'diststore')

  const put = await diststore(primary.address, ['put', 'a/b', '-', '--type', 'x/y'], {
    input: large,
  })
  assert.equal(put.code, 0, put.stderr)
  assert.match(String(put.stdout), /^a\/b stored on 2 nodes, version [0-9a-f-]{33}\n$/)
  const got = await diststore(third.address, ['get', 'a/b'])
  assert.equal(got.code, 0, got.stderr)
  assert(got.stdout.equals(large))
  assert.equal(String((await diststore(second.address, ['ls', 'a/'])).stdout), 'a%2Fb\n')

  const tooLarge = await diststore(third.address, ['put', 'c', '-'], {
    input: Buffer.alloc(20_000_000),
  })
  assert.equal(tooLarge.code, 4)
  assert.match(tooLarge.stderr, /^diststore: A value may have 8388608 bytes .*\n$/)
  const missing = await diststore(third.address, ['get', 'nothing'])
  assert.deepEqual([missing.code, missing.stdout.length], [1, 0])

  const status = await diststore(third.address, ['status'])
  assert.equal(status.code, 0)
  assert.match(String(status.stdout), /^2 of 2 masters in sync, 3 of 3 nodes alive/)
  assert(!status.stdout.includes('\u001b'), 'no colours outside a terminal')

  const alive = await diststore(third.address, ['forget', second.address])
  assert.deepEqual([alive.code, alive.stdout.length], [4, 0])
  const order = await diststore(third.address, ['handoff'])
  assert.equal(order.code, 0, order.stderr)
  assert.equal(String(order.stdout), `${second.address} is primary\n`)
  assert.equal((await cluster.roles()).primary.address, second.address)
})

scenario('doctor finds nothing wrong, then a dead node, then its own', async (cluster) => {
  await cluster.start(1, 2)
  const [one, two] = cluster.nodes(1, 2)
  assert(one !== undefined && two !== undefined)
  const examine = async (): Promise<{ code: number | null; wrong: string[]; well: string[] }> => {
    const words = ['doctor', '--json', '--seconds', '2', '--cluster', cluster.name]
    const port = ['--group-port', String(cluster.ports.groupPort), '--interface', '127.0.0.1']
    const { code, stdout, stderr } = await diststore(one.address, [...words, ...port])
    assert.equal(stderr, '')
    const { findings } = JSON.parse(String(stdout)) as { findings: Finding[] }
    const sentences = (...grades: string[]) =>
      findings.filter(({ grade }) => grades.includes(grade)).map(({ sentence }) => sentence)
    return { code, wrong: sentences('trouble'), well: sentences('ok') }
  }

  await eventually(async () => {
    const { code, wrong, well } = await examine()
    assert.deepEqual(wrong, [])
    assert.equal(code, 0)
    const about = well.find((sentence) => sentence.startsWith(`${two.address}: `)) ?? ''
    assert.match(
      about,
      /heard by multicast( and unicast)?, 0 % lost; hears this node by multicast( and unicast)?; clock/,
    )
  })

  await two.kill()
  await eventually(async () => {
    const { code, wrong } = await examine()
    assert.equal(code, 1)
    assert.match(wrong.join('\n'), new RegExp(`^${two.address} is dead: nothing came`, 'm'))
  })

  two.start()
  await one.kill()
  await eventually(async () => {
    const { code, wrong, well } = await examine()
    assert.equal(code, 1)
    assert.match(wrong[0] ?? '', /^the node of this host does not run: .* nothing listens there/)
    assert(well.some((sentence) => sentence.endsWith(`heard in 2 s: ${two.address}`)))
  })
})
