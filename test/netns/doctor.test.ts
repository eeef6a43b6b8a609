// What doctor says on a host of a real network: well, without multicast, with a switch that has
// forgotten the group, and beside another cluster.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { eventually } from '../e2e/eventually.ts'
import type { Net } from './net.ts'
import { longNetScenario, netScenario } from './scenario.ts'

const CLI = resolve('dist/bin/diststore.js')

/** Doctor listens for 1 s and asks everybody once. Unit: ms. */
const RUN_WAIT_MS = 60_000

/** A quarter of a minute of lost heartbeats counts; a busy machine needs more. Unit: ms. */
const LOSS_LASTS_MS = 60_000

interface Finding {
  readonly grade: 'ok' | 'note' | 'trouble'
  readonly sentence: string
  readonly advice: string
}

interface Examined {
  readonly code: number
  readonly findings: readonly Finding[]
}

function examine(net: Net, host: number): Promise<Examined> {
  const [program = '', ...before] = net.on(host)
  const words = [CLI, 'doctor', '--json', '--seconds', '1']
  return new Promise((settle, reject) => {
    execFile(
      program,
      [...before, process.execPath, ...words],
      { timeout: RUN_WAIT_MS },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : error.code
        if (typeof code !== 'number' || stderr !== '') return reject(error ?? new Error(stderr))
        const { findings } = JSON.parse(stdout) as { findings: Finding[] }
        settle({ code, findings })
      },
    )
  })
}

/** Asks until doctor says just this of trouble, in this order, with something to do in the end. */
async function says(net: Net, host: number, troubles: readonly RegExp[]): Promise<void> {
  await eventually(async () => {
    const { code, findings } = await examine(net, host)
    const wrong = findings.filter(({ grade }) => grade === 'trouble')
    const text = wrong.map(({ sentence }) => sentence).join('\n')
    assert.equal(wrong.length, troubles.length, text)
    for (const [at, trouble] of troubles.entries()) assert.match(wrong[at]?.sentence ?? '', trouble)
    assert.equal(code, wrong.length > 0 ? 1 : 0)
    if (wrong.length > 0) assert.notEqual(wrong.at(-1)?.advice, '', 'it says what to do')
  }, LOSS_LASTS_MS)
}

netScenario('doctor on a sound network, and on a silent switch', { hosts: 3 }, async (hosts) => {
  const { net, cluster } = hosts
  await cluster.start(1, 2, 3)
  for (const host of [1, 2, 3]) await says(net, host, [])
  const { findings } = await examine(net, 1)
  const said = findings.map(({ sentence }) => sentence).join('\n')
  assert.match(said, /^multicast uses eth0 \(10\.1\.2\.1, MTU 1500\), group 239\.192\.73\.81$/m)
  for (const other of ['10.1.2.2', '10.1.2.3']) {
    assert.match(
      said,
      new RegExp(
        `^${other}:8181: heard by multicast( and unicast)?, 0 % lost; hears this node by multicast( and unicast)?; `,
        'm',
      ),
    )
  }

  // What is left of a switch that snoops, when the members have aged: it floods groups to nobody.
  await floodMulticast(net, 'off')
  await says(net, 1, [
    /^10\.1\.2\.2:8181 is not heard by multicast any more, for .*; unicast carries on$/,
    /^10\.1\.2\.2:8181 does not hear this node by multicast$/,
    /^10\.1\.2\.3:8181 is not heard by multicast any more, for .*; unicast carries on$/,
    /^10\.1\.2\.3:8181 does not hear this node by multicast$/,
    /^multicast came from every other host and has stopped: .* snoops IGMP .* no querier$/,
    /^10\.1\.2\.2:8181 does not hear 10\.1\.2\.3:8181 by multicast$/,
    /^10\.1\.2\.3:8181 does not hear 10\.1\.2\.2:8181 by multicast$/,
  ])
  await floodMulticast(net, 'on')
  await says(net, 1, [])
})

longNetScenario('doctor where multicast never passed', { hosts: 2 }, async ({ net, cluster }) => {
  await floodMulticast(net, 'off')
  const [one, two] = cluster.nodes(1, 2)
  assert(one !== undefined && two !== undefined)
  one.start()
  await says(net, 1, [/^this node hears no other: there is one copy of everything$/])

  two.start('--node', one.address)
  await cluster.settled()
  await says(net, 1, [
    /^10\.1\.2\.2:8181 is not heard by multicast; unicast carries on$/,
    /^10\.1\.2\.2:8181 does not hear this node by multicast$/,
    /^no multicast passes between this host and any other$/,
  ])
})

longNetScenario(
  'doctor beside another cluster, and without a node',
  { hosts: 3 },
  async (hosts) => {
    const { net, cluster } = hosts
    cluster.node(3).start('--cluster', 'theirs')
    cluster.node(1).start()
    // Of a node that is alone the other cluster may be the one it belongs to, with a name misspelt.
    await says(net, 1, [
      /^this node hears no other: there is one copy of everything$/,
      /^another cluster is in this group: 10\.1\.2\.3:8181$/,
    ])
    cluster.node(2).start()
    await cluster.settled(cluster.nodes(1, 2))
    await says(net, 1, [])
    await notes(net, 1)

    await cluster.node(1).kill()
    await says(net, 1, [/^the node of this host does not run: .* nothing listens there/])
    const heard = await notes(net, 1)
    assert(heard.some((sentence) => sentence.endsWith('heard in 1 s: 10.1.2.2:8181')))
  },
)

/** The other cluster is named, with what to do, and is no trouble. Gives all that was said. */
async function notes(net: Net, host: number): Promise<string[]> {
  const { findings } = await examine(net, host)
  const other = findings.find(({ sentence }) => sentence.startsWith('another cluster'))
  assert.deepEqual(other, {
    grade: 'note',
    sentence: 'another cluster is in this group: 10.1.2.3:8181',
    advice:
      'if those nodes belong here, give them cluster = "default"; if not, give one cluster another ' +
      'group-port',
  })
  return findings.map(({ sentence }) => sentence)
}

/** Whether the switch passes what goes to a group. */
async function floodMulticast(net: Net, how: 'on' | 'off'): Promise<void> {
  const ports = Array.from({ length: net.hosts }, (_, index) => `port${index + 1}`)
  const changes = ports.map((port) => `link set ${port} type bridge_slave mcast_flood ${how}`)
  await net.change('switch', ...changes)
}
