// The rules of the house as data: which folder may import what, and where the outside world may be
// touched. layer-findings.ts applies them; docs/ARCHITECTURE.md says why they are so.

export interface Layer {
  /** Folders of src/ besides its own. */
  readonly folders: readonly string[]
  /** Packages from npm. */
  readonly libraries: readonly string[]
  /** Modules of Node, without `node:`. */
  readonly builtins: readonly string[]
}

const BELOW = ['core', 'wire', 'config']

export const LAYERS: Readonly<Record<string, Layer>> = {
  core: { folders: [], libraries: [], builtins: [] },
  wire: { folders: ['core'], libraries: ['msgpackr'], builtins: ['crypto', 'zlib'] },
  config: { folders: ['core'], libraries: ['zod', 'smol-toml'], builtins: ['net'] },
  storage: {
    folders: BELOW,
    libraries: ['lmdb', 'lru-cache', 'xxhash-wasm'],
    builtins: ['fs', 'fs/promises', 'path', 'zlib'],
  },
  network: {
    folders: BELOW,
    libraries: ['undici'],
    builtins: ['dgram', 'dns/promises', 'fs', 'net', 'os', 'events', 'stream', 'stream/promises'],
  },
  system: {
    folders: BELOW,
    libraries: ['pino', 'prom-client'],
    builtins: [
      'fs',
      'fs/promises',
      'os',
      'crypto',
      'child_process',
      'perf_hooks',
      'events',
      'readline',
      'stream/promises',
    ],
  },
  http: {
    folders: ['core', 'wire'],
    libraries: ['koa', '@koa/router', 'koa-body'],
    builtins: ['http', 'net', 'stream', 'stream/promises', 'events', 'fs/promises'],
  },
  node: {
    folders: [...BELOW, 'storage', 'network', 'system', 'http'],
    libraries: [],
    builtins: ['http', 'net', 'events', 'path'],
  },
  dashboard: { folders: [], libraries: [], builtins: [] },
  client: { folders: ['core', 'wire'], libraries: [], builtins: [] },
  cli: {
    folders: ['client', ...BELOW, 'network'],
    libraries: ['commander', 'undici'],
    builtins: ['events', 'perf_hooks', 'stream', 'stream/promises', 'util'],
  },
  bin: {
    folders: ['cli', 'node', 'config', 'system'],
    libraries: [],
    builtins: ['fs', 'path', 'url'],
  },
}

/** Here the clock, timers, chance and the process may be used directly. */
export const WORLD_FOLDERS: readonly string[] = ['system', 'network', 'bin']

/** Globals of the outside world. `Date` counts as the clock only without a time of its own. */
export const WORLD_GLOBALS: readonly string[] = [
  'performance',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'process',
  'crypto',
]

/** Members of a global that reach the outside world; the rest of that global is arithmetic. */
export const WORLD_MEMBERS: readonly string[] = ['Date.now', 'Math.random']

/** Functions of node:crypto that draw chance. */
export const CHANCE_FUNCTIONS: readonly string[] = [
  'randomBytes',
  'randomFill',
  'randomFillSync',
  'randomInt',
  'randomUUID',
  'getRandomValues',
]

export interface Exception {
  readonly file: string
  readonly uses: string
  readonly reason: string
}

export const EXCEPTIONS: readonly Exception[] = []

/** Stop at these lengths. Unit: lines. */
export const FILE_LINES_MAX = 400
export const FUNCTION_LINES_MAX = 60
