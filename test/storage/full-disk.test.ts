// A full disk: a store says so while deletes still fit; beyond, it fails once and loses nothing.
// Needs a small file system of its own; where none can be mounted it is skipped, saying so.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'tap'
import type { FullDiskReport } from './full-disk-child.ts'
import { removeDir, temporaryDir } from './lmdb-lab.ts'

const CHILD = join(import.meta.dirname, 'full-disk-child.ts')
const DISK = 'size=24m'

/** Runs a command with a small disk mounted on a directory, which no other process sees. */
function runOnSmallDisk(dir: string, command: readonly string[]) {
  const script = `mount -t tmpfs -o ${DISK} tmpfs "$0" && exec "$@"`
  const all = ['--map-root-user', '--mount', 'sh', '-c', script, dir, ...command]
  return spawnSync('unshare', all, { encoding: 'utf8', timeout: 60_000 })
}

void test('a full disk is seen before it is full, and fails a store once', async (t) => {
  const dir = temporaryDir()
  t.teardown(() => removeDir(dir))
  if (runOnSmallDisk(dir, ['true']).status !== 0) {
    console.log('full-disk.test.ts: skipped, no tmpfs can be mounted here (unshare --mount)')
    return
  }
  const command = [process.execPath, '--import', 'tsx', CHILD, dir]
  const { status, stdout, stderr } = runOnSmallDisk(dir, command)
  t.equal(status, 0)
  if (status !== 0) t.comment(stderr)
  const report: FullDiskReport = JSON.parse(stdout)
  t.ok(report.writtenUntilFull > 100, `full after ${report.writtenUntilFull} writes`)
  t.ok(report.bytesFreeWhenFull > 1024 * 1024, `${report.bytesFreeWhenFull} bytes were left`)
  t.same(report.lostWhenFull, [])
  t.equal(report.deletesThatFit, 100)
  t.equal(report.isFullAfterOpening, true)
  t.equal(report.failures.length, 1, 'one failure')
  t.match(report.failures[0], /^write-failed: The store could not write to disk \(.+\): check free/)
  t.equal(report.reportedAfterFailure, 0)
  t.same(report.lostAfterFailure, [], 'all that was flushed is there once there is room again')
  t.equal(report.rejections, 0)
})
