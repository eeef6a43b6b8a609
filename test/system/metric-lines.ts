// Reads the text form of Prometheus strictly, so far as it is used here. Shares no code with what
// writes it.
import assert from 'node:assert/strict'

export interface Family {
  readonly type: string
  readonly series: { readonly name: string; readonly labels: string; readonly value: number }[]
}

/** Every metric by its name. Fails on a line that no metric announced, or one given twice. */
export function readMetrics(text: string): Map<string, Family> {
  assert(text.endsWith('\n'), 'the last line ends')
  const families = new Map<string, Family>()
  const seen = new Set<string>()
  for (const line of text.split('\n')) {
    const announced = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line)
    if (announced !== null) {
      const [, name = '', type = ''] = announced
      assert(!families.has(name), `${name} is announced twice`)
      families.set(name, { type, series: [] })
    } else if (line !== '' && !line.startsWith('# HELP ')) {
      readSeries(line, families, seen)
    }
  }
  return families
}

function readSeries(line: string, families: Map<string, Family>, seen: Set<string>): void {
  const pair = '[a-z_]+="(?:[^"\\\\\\n]|\\\\[\\\\"n])*"'
  const parts = new RegExp(`^([a-z_]+)(?:\\{(${pair}(?:,${pair})*)\\})? (\\S+)$`).exec(line)
  assert(parts !== null, `no line of a metric: ${line}`)
  const [, name = '', labels = '', value = ''] = parts
  const family = families.get(name) ?? families.get(name.replace(/_(bucket|sum|count)$/, ''))
  assert(family !== undefined, `${name} was not announced`)
  assert(!seen.has(`${name}{${labels}}`), `${line} is there twice`)
  seen.add(`${name}{${labels}}`)
  assert(value === '+Inf' || Number.isFinite(Number(value)), line)
  family.series.push({ name, labels, value: Number(value.replace('+Inf', 'Infinity')) })
}

/** The number of one line, undefined when it is not there: `name{a="b"}`, labels as they are shown. */
export function valueOf(families: Map<string, Family>, line: string): number | undefined {
  const [name = '', labels = ''] = line.split(/[{}]/)
  const family = families.get(name) ?? families.get(name.replace(/_(bucket|sum|count)$/, ''))
  return family?.series.find((each) => each.name === name && each.labels === labels)?.value
}
