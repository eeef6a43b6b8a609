// How each server that is compared is started, and how a value is put into it and read from it.
// Every one runs as its own documentation has it for this work; what differs is said in docs/PERFORMANCE.md.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startCluster, untilTwoMasters } from './cluster.ts'
import { type Flags, flagsOf, freePort, startNode, untilReady } from './node.ts'
import { Server } from './server.ts'
import { startRedis } from './stores.ts'
import type { Request } from './wrk.ts'

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' }

/** A value under a key. */
export interface Pair {
  readonly key: string
  readonly value: string
}

/** A peer that runs. */
export interface Started {
  readonly name: string
  readonly servers: readonly Server[]
  readonly get: (pair: Pair) => Request
  readonly put: (pair: Pair) => Request
  /** Has all of these when it is done. */
  readonly fill: (pairs: readonly Pair[]) => Promise<void>
  readonly stop: () => Promise<void>
}

export type Start = (directory: string) => Promise<Started>

/** One node, whose writes are on disk before they are answered. */
export const diststore: Start = (directory) => diststoreWith(directory, {})

export async function diststoreWith(directory: string, flags: Flags): Promise<Started> {
  const server = await startNode(directory, {
    host: '127.0.0.1',
    port: await freePort(),
    'group-port': await freePort(),
    cluster: `bench-${process.pid}`,
    ...flags,
  })
  await untilReady(server)
  return started('diststore', [server], DISTSTORE)
}

const DISTSTORE: Pick<Started, 'get' | 'put'> = {
  get: ({ key }) => ({ method: 'GET', path: `/get/${key}` }),
  put: ({ key, value }) => ({
    method: 'POST',
    path: '/post',
    headers: FORM,
    body: `key=${key}&value=${value}`,
  }),
}

/** node:http with a Map: what a service would be that does nothing else. */
export const nodeHttp: Start = async (directory) => {
  const port = await freePort()
  const program = new URL('node-http.mjs', import.meta.url).pathname
  const args = [program, String(port)]
  const server = await Server.start({ program: process.execPath, args, directory, port })
  return started('bare node:http', [server], { get: plainGet, put: plainPut })
}

/** Files in a directory. One worker: the server has one processor. */
export const nginx: Start = async (directory) => {
  const port = await freePort()
  mkdirSync(join(directory, 'files'), { recursive: true })
  const config = join(directory, 'nginx.conf')
  writeFileSync(config, nginxConfig(directory, port))
  const args = ['-p', directory, '-c', config]
  const server = await Server.start({ program: '/usr/sbin/nginx', args, directory, port })
  const fill = async (pairs: readonly Pair[]): Promise<void> => {
    for (const { key, value } of pairs) writeFileSync(join(directory, 'files', key), value)
  }
  return { ...started('nginx, static file', [server], { get: plainGet, put: plainPut }), fill }
}

/** redis behind HTTP. Both have the one processor. */
export const webdis: Start = async (directory) => {
  const flags = { appendonly: 'yes', appendfsync: 'everysec' }
  const redis = await startRedis(directory, flags, { isFree: false })
  const port = await freePort()
  const config = join(directory, 'webdis.json')
  const settings = {
    redis_host: '127.0.0.1',
    redis_port: redis.port,
    http_host: '127.0.0.1',
    http_port: port,
    threads: 2,
    pool_size: 20,
    daemonize: false,
    database: 0,
    verbosity: 0,
    logfile: join(directory, 'webdis.log'),
  }
  writeFileSync(config, JSON.stringify(settings))
  const server = await Server.start({ program: 'webdis', args: [config], directory, port })
  return started('webdis, redis AOF everysec', [server, redis], {
    get: ({ key }) => ({ method: 'GET', path: `/GET/${key}.txt` }),
    put: ({ key, value }) => ({ method: 'PUT', path: `/SET/${key}`, body: value }),
  })
}

/** By the JSON that it speaks over HTTP; its own clients speak gRPC. */
export const etcd: Start = async (directory) => {
  const member = { name: 'bench', port: await freePort(), peerPort: await freePort() }
  const server = await startEtcd(directory, member, [member])
  return started('etcd', [server], ETCD)
}

interface EtcdMember {
  readonly name: string
  readonly port: number
  readonly peerPort: number
}

const ETCD: Pick<Started, 'get' | 'put'> = {
  get: ({ key }) => etcdCall('range', { key }),
  put: ({ key, value }) => etcdCall('put', { key, value }),
}

function etcdCall(name: string, fields: Readonly<Record<string, string>>): Request {
  const encoded = Object.entries(fields).map(([field, text]) => [
    field,
    Buffer.from(text).toString('base64'),
  ])
  const body = JSON.stringify(Object.fromEntries(encoded))
  return { method: 'POST', path: `/v3/kv/${name}`, body }
}

function startEtcd(
  directory: string,
  { name, port, peerPort }: EtcdMember,
  members: readonly EtcdMember[],
): Promise<Server> {
  const url = `http://127.0.0.1:${port}`
  const peerUrl = `http://127.0.0.1:${peerPort}`
  const args = flagsOf({
    name,
    'data-dir': join(directory, 'data'),
    'log-level': 'error',
    'listen-client-urls': url,
    'advertise-client-urls': url,
    'listen-peer-urls': peerUrl,
    'initial-advertise-peer-urls': peerUrl,
    'initial-cluster': members.map((m) => `${m.name}=http://127.0.0.1:${m.peerPort}`).join(','),
    'initial-cluster-state': 'new',
  })
  return Server.start({ program: 'etcd', args, directory, port, isFree: members.length > 1 })
}

/** Three nodes, none held to a processor; the primary first. */
export const threeNodes: Start = async (directory) => {
  const { servers } = await startCluster(directory, { nodes: 3, net: '127.1.3' })
  const primary = await untilTwoMasters(servers)
  const others = servers.filter((each) => each !== primary)
  return started('diststore, three nodes', [primary, ...others], DISTSTORE)
}

/** Three members, none held to a processor; the leader first. */
export const threeEtcds: Start = async (directory) => {
  const members: EtcdMember[] = []
  for (const name of ['a', 'b', 'c']) {
    members.push({ name, port: await freePort(), peerPort: await freePort() })
  }
  // A member takes no connections before the others are there.
  const servers = await Promise.all(
    members.map((member) => startEtcd(join(directory, member.name), member, members)),
  )
  const isLeader = await Promise.all(servers.map(leads))
  const leader = servers[isLeader.indexOf(true)]
  if (leader === undefined) throw new Error('etcd has no leader')
  const others = servers.filter((each) => each !== leader)
  return started('etcd, three members', [leader, ...others], ETCD)
}

async function leads({ host, port }: Server): Promise<boolean> {
  const url = `http://${host}:${port}/v3/maintenance/status`
  const response = await fetch(url, { method: 'POST', body: '{}' })
  const status = (await response.json()) as { header: { member_id: string }; leader: string }
  return status.leader === status.header.member_id
}

function started(
  name: string,
  servers: readonly Server[],
  speech: Pick<Started, 'get' | 'put'>,
): Started {
  const [first] = servers
  const stop = async (): Promise<void> => {
    for (const server of servers) await server.stop()
  }
  const fill = async (pairs: readonly Pair[]): Promise<void> => {
    for (const pair of pairs) await ask(`http://${first?.host}:${first?.port}`, speech.put(pair))
  }
  return { name, servers, ...speech, fill, stop }
}

async function ask(origin: string, { path, ...init }: Request): Promise<void> {
  const { status } = await fetch(origin + path, init)
  if (status !== 200) throw new Error(`${origin}${path} answers ${status}`)
}

function plainGet({ key }: Pair): Request {
  return { method: 'GET', path: `/${key}` }
}

function plainPut({ key, value }: Pair): Request {
  return { method: 'PUT', path: `/${key}`, body: value }
}

function nginxConfig(directory: string, port: number): string {
  return `
daemon off;
# Without it root's workers may not read what only root may. Ignored for others.
user root;
worker_processes 1;
pid ${directory}/nginx.pid;
error_log ${directory}/error.log;
events { worker_connections 1024; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  open_file_cache max=10000;
  keepalive_requests 100000000;
  client_body_temp_path ${directory}/body;
  proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi;
  scgi_temp_path ${directory}/scgi;
  server {
    listen 127.0.0.1:${port};
    location / { root ${directory}/files; }
  }
}
`
}
