// What stands in debian/ and must be the same as elsewhere.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { RECEIVE_BUFFER_BYTES } from '../../src/network/limits.ts'

t.test('the package has the version of the project', async (t) => {
  const { version }: { version: string } = JSON.parse(read('package.json'))
  t.match(read('debian/changelog').split('\n')[0], `diststore (${version})`)
})

t.test('the package allows the receive buffer that a node asks for', async (t) => {
  const [, allowed] = /^net\.core\.rmem_max = (\d+)$/m.exec(read('debian/50-diststore.conf')) ?? []
  t.equal(Number(allowed), RECEIVE_BUFFER_BYTES)
})

function read(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
}
