// What is made of the numbers of another node's heartbeats: silence, and loss.
import t from 'tap'
import { OUTAGE_BEATS, RECEPTION_BEATS } from '../../src/core/reach-limits.ts'
import { Reception } from '../../src/core/reception.ts'

/** Hears `beats` heartbeats after this one, without those for which `isLost` holds. */
function hear(
  reception: Reception,
  from: number,
  { beats, isLost }: { beats: number; isLost: (beat: number) => boolean },
): void {
  for (let beat = from; beat < from + beats; beat++) {
    if (!isLost(beat)) reception.heard(beat, beat * 250)
  }
}

t.test(
  'silence is the time since the last multicast; before the first it has no end',
  async (t) => {
    const reception = new Reception(-Infinity)
    t.equal(reception.silentMs(5), Infinity)
    reception.heard(7, 100)
    t.equal(reception.silentMs(350), 250)
    reception.forgive(200, 350)
    t.equal(reception.silentMs(350), 50)
    reception.forgive(200, 350)
    t.equal(reception.silentMs(350), 0, 'nothing is heard in the future')
  },
)

t.test('loss is judged every 40 beats', async (t) => {
  const cases: readonly (readonly [string, (beat: number) => boolean, number, boolean])[] = [
    ['nothing lost', () => false, 0, false],
    ['one of five lost', (beat) => beat % 5 === 0, 0.2, false],
    ['one of four lost', (beat) => beat % 4 === 0, 0.25, true],
    ['two of five lost', (beat) => beat % 5 < 2, 0.4, true],
  ]
  for (const [title, isLost, share, isLossy] of cases) {
    const reception = new Reception(-Infinity)
    // A node that is met has sent beats before: those are not lost.
    reception.heard(1003, 0)
    hear(reception, 1004, { beats: RECEPTION_BEATS - 1, isLost })
    t.equal(reception.lostShare, 0, `${title}: no verdict before`)
    reception.heard(1003 + RECEPTION_BEATS, 1)
    t.equal(Math.round(100 * reception.lostShare) / 100, share, title)
    t.equal(reception.isLossy, isLossy, title)
  }
})

t.test('bad multicast is good again once less than a tenth is lost', async (t) => {
  const reception = new Reception(-Infinity)
  const verdicts = [2, 8, 8, 16, 16].map((every, i) => {
    hear(reception, 1 + i * RECEPTION_BEATS, {
      beats: RECEPTION_BEATS,
      isLost: (beat) => beat % every === 0,
    })
    reception.heard(1 + (i + 1) * RECEPTION_BEATS, 0)
    return reception.isLossy
  })
  t.same(verdicts, [true, true, true, false, false])
})

t.test('a beat that comes twice or late counts for nothing, and breaks a silence', async (t) => {
  const reception = new Reception(-Infinity)
  reception.heard(1, 0)
  for (let i = 0; i < 100; i++) reception.heard(1, i)
  for (const beat of [1 + OUTAGE_BEATS, 1 + RECEPTION_BEATS]) reception.heard(beat, 200)
  t.equal(reception.lostShare, 1 - 2 / RECEPTION_BEATS)
  reception.heard(5, 300)
  t.equal(reception.silentMs(300), 0)
})

t.test('an outage is silence, and no loss', async (t) => {
  const reception = new Reception(-Infinity)
  const all = { beats: RECEPTION_BEATS, isLost: () => false }
  hear(reception, 1, { ...all, beats: 30 })
  hear(reception, 32 + OUTAGE_BEATS, all)
  reception.heard(32 + OUTAGE_BEATS + RECEPTION_BEATS, 0)
  t.equal(reception.lostShare, 0)
  t.equal(reception.isLossy, false)
})
