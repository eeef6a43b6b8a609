// The worker as one plain module, for processes that start fast and run fast.
// Does not check types: `npm run check:types` does.
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url))

/**
 * The text of worker.ts with everything it imports. tsx would give every function that is made at
 * run time its name, which costs a tenth of a run; nothing in a run asks for it.
 */
export function workerCode(): string {
  const { outputFiles } = buildSync({
    entryPoints: [WORKER],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node20',
  })
  const [code] = outputFiles
  if (code === undefined) throw new Error('bug: one entry point gives one file')
  return code.text
}
