// What stands in debian/ and must be the same as elsewhere.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { serviceEnvironment } from '../../bench/service-environment.ts'
import { RECEIVE_BUFFER_BYTES } from '../../src/network/limits.ts'

t.test('the package has the version of the project', async (t) => {
  const { version }: { version: string } = JSON.parse(read('package.json'))
  t.match(read('debian/changelog').split('\n')[0], `diststore (${version})`)
})

t.test('the package allows the receive buffer that a node asks for', async (t) => {
  const [, allowed] = /^net\.core\.rmem_max = (\d+)$/m.exec(read('debian/50-diststore.conf')) ?? []
  t.equal(Number(allowed), RECEIVE_BUFFER_BYTES)
})

t.test('package and benchmark bring the allocator of the service', async (t) => {
  const { LD_PRELOAD: library, MALLOC_CONF: settings } = serviceEnvironment()
  t.equal(library, 'libjemalloc.so.2')
  t.match(settings, /^[a-z_]+:[a-z0-9]+(,[a-z_]+:[a-z0-9]+)*$/)
  t.match(read('debian/control'), /^Depends: .*\blibjemalloc2,/m)
  t.match(read('scripts/bench'), /^need_package libjemalloc2$/m)
})

function read(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
}
