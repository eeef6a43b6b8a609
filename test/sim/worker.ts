// A process that runs batches for its parent, one message each.
import type { Batch } from './batch.ts'
import { runBatch } from './batch.ts'

process.on('message', (batch: Batch) => {
  process.send?.(runBatch(batch))
})
