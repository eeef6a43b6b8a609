// Equal cluster settings have equal fingerprints, in every release.
import t from 'tap'
import { fingerprintOf } from '../../src/config/fingerprint.ts'
import type { ClusterSettings } from '../../src/core/settings.ts'

const BASE: ClusterSettings = {
  mode: 'available',
  voters: 0,
  minCopies: 'auto',
  valueBytesMax: 8_388_608,
}

const TABLE: readonly (readonly [Partial<ClusterSettings>, number])[] = [
  [{}, 1_826_833_713],
  [{ mode: 'majority' }, 325_031_937],
  [{ minCopies: 1 }, 2_788_761_215],
  [{ minCopies: 2 }, 2_346_404_728],
  [{ valueBytesMax: 8_388_609 }, 1_759_870_332],
]

t.test('fingerprints do not change from release to release', async (t) => {
  for (const [change, fingerprint] of TABLE) {
    t.equal(fingerprintOf({ ...BASE, ...change }), fingerprint, JSON.stringify(change))
  }
})
