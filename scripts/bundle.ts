// Makes the tree that is installed as /usr/lib/diststore: the two programs with the libraries they
// use in a few files, and beside them what has native parts. Changes nothing outside that tree.
// Use: node --import tsx scripts/bundle.ts DIRECTORY
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { type BuildOptions, build } from 'esbuild'

const ROOT = join(import.meta.dirname, '..')

/** Where Debian has Node.js; whatever else is first in somebody's PATH is not what was tested. */
const INTERPRETER = '#!/usr/bin/node\n'

const PROGRAMS = ['diststored', 'diststore']

/** Packages that look for their binary by their own name and place: each stays a package. */
const NATIVE: readonly Native[] = [
  { name: 'lmdb', entry: 'node-index.js', format: 'esm', binaries: '@lmdb/lmdb' },
  {
    name: 'msgpackr-extract',
    entry: 'index.js',
    format: 'cjs',
    binaries: '@msgpackr-extract/msgpackr-extract',
  },
]

interface Native {
  readonly name: string
  readonly entry: string
  readonly format: 'esm' | 'cjs'
  /** The package with the binaries, without the platform at its end. */
  readonly binaries: string
}

interface Manifest {
  readonly name: string
  readonly version: string
  readonly license?: string
}

const COMMON: BuildOptions & { metafile: true } = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  target: 'node20',
  external: NATIVE.map(({ name }) => name),
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
}

/** What is CommonJS among the libraries calls `require`, which a module does not have. */
const REQUIRE =
  "import { createRequire as requireFrom } from 'node:module'; " +
  'const require = requireFrom(import.meta.url);'

const [target] = process.argv.slice(2)
if (target === undefined) {
  process.stderr.write('scripts/bundle.ts: name the directory to make\n')
  process.exit(2)
}
await bundle(target)

async function bundle(directory: string): Promise<void> {
  const folders = await bundlePrograms(directory)
  for (const native of NATIVE) folders.push(...(await bundleNative(native, directory)))
  writeFileSync(join(directory, 'THIRD-PARTY-LICENSES'), licencesOf(folders))
  const { name, version } = manifestIn(ROOT)
  writeJson(join(directory, 'package.json'), { name, version, type: 'module' })
}

/** Gives the folders of the packages that went into the files. */
async function bundlePrograms(directory: string): Promise<string[]> {
  const { metafile } = await build({
    ...COMMON,
    entryPoints: PROGRAMS.map((program) => `src/bin/${program}.ts`),
    outbase: 'src',
    outdir: join(directory, 'dist'),
    chunkNames: 'shared/[hash]',
    splitting: true,
    format: 'esm',
    banner: { js: REQUIRE },
  })
  for (const program of PROGRAMS) {
    const path = join(directory, 'dist', 'bin', `${program}.js`)
    writeFileSync(path, readFileSync(path, 'utf8').replace(/^#!.*\n/, INTERPRETER))
    chmodSync(path, 0o755)
  }
  return packagesOf(metafile.inputs)
}

/** The package as one file, and the one with its binaries for this machine as it is. */
async function bundleNative(native: Native, directory: string): Promise<string[]> {
  const { name, entry, format } = native
  const folder = join(directory, 'node_modules', name)
  const others = NATIVE.filter((other) => other !== native)
  const { metafile } = await build({
    ...COMMON,
    entryPoints: [`node_modules/${name}/${entry}`],
    outfile: join(folder, 'index.js'),
    format,
    external: others.map((other) => other.name),
    ...(format === 'esm' ? { banner: { js: REQUIRE } } : {}),
  })
  const { version } = manifestIn(join(ROOT, 'node_modules', name))
  const type = format === 'esm' ? 'module' : 'commonjs'
  writeJson(join(folder, 'package.json'), { name, version, type, exports: './index.js' })
  return [...packagesOf(metafile.inputs), copyBinaries(native, directory)]
}

function copyBinaries({ name, binaries }: Native, directory: string): string {
  const platform = `${binaries}-linux-${process.arch}`
  const from = join(ROOT, 'node_modules', platform)
  if (!existsSync(from)) {
    throw new Error(`${name} has no binary for linux-${process.arch} (${platform}): run npm ci`)
  }
  const to = join(directory, 'node_modules', platform)
  mkdirSync(to, { recursive: true })
  for (const file of readdirSync(from)) {
    if (/^(package\.json|index\.js|.*\.glibc\.node)$/.test(file)) {
      cpSync(join(from, file), join(to, file))
      chmodSync(join(to, file), 0o644)
    }
  }
  return join('node_modules', platform)
}

/** `node_modules/koa` for `node_modules/koa/lib/application.js`. */
function packagesOf(files: Readonly<Record<string, unknown>>): string[] {
  const folder = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/
  return Object.keys(files).flatMap((path) => folder.exec(path)?.[0] ?? [])
}

/** Name, version and licence of each package, with the text where the package brings one. */
function licencesOf(folders: readonly string[]): string {
  const texts = [...new Set(folders)].sort().map((folder) => {
    const path = join(ROOT, folder)
    const { name, version, license } = manifestIn(path)
    const file = readdirSync(path).find((each) => /^licen[cs]e/i.test(each))
    const text = file === undefined ? '' : readFileSync(join(path, file), 'utf8').trim()
    return `${name} ${version} (${license ?? 'see below'})\n\n${text}`.trim()
  })
  return `${texts.join(`\n\n${'-'.repeat(72)}\n\n`)}\n`
}

function manifestIn(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}

function writeJson(path: string, value: unknown): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${JSON.stringify(value, undefined, 2)}\n`)
}
