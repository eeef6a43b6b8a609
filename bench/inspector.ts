// Has a Node process, started with INSPECTED, throw away what it does not need: what is left is what it holds.
import { readFileSync } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { WebSocket } from 'undici'

/** Flags of node. The port is told in the log. */
export const INSPECTED: readonly string[] = ['--inspect=127.0.0.1:0']

/** A full collection of gigabytes takes seconds. Unit: ms. */
const COLLECT_WAIT_MS = 60_000

/** `directory`: where the process logs. Returns how long it took as seen from here. Unit: ms. */
export async function collectGarbage(directory: string): Promise<number> {
  const url = /^Debugger listening on (ws:\S+)$/m.exec(readFileSync(join(directory, 'log'), 'utf8'))
  if (url?.[1] === undefined) throw new Error('the process was not started with an inspector')
  const socket = new WebSocket(url[1])
  const signal = AbortSignal.timeout(COLLECT_WAIT_MS)
  try {
    await once(socket, 'open', { signal })
    const fromMs = performance.now()
    socket.send(JSON.stringify({ id: 1, method: 'HeapProfiler.collectGarbage' }))
    // Nothing was enabled that would speak by itself.
    await once(socket, 'message', { signal })
    return performance.now() - fromMs
  } finally {
    socket.close()
  }
}
