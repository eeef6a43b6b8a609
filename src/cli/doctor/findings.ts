// Doctor's judgement: from facts to sentences, the most general first. A pure function.
import type { Facts, Finding } from './facts.ts'
import { groupFindings } from './group-findings.ts'
import { hostFindings } from './host-findings.ts'
import { nodeFindings } from './node-findings.ts'

export function findingsOf(facts: Facts): Finding[] {
  return [...hostFindings(facts), ...nodeFindings(facts), ...groupFindings(facts)]
}

export function isWell(findings: readonly Finding[]): boolean {
  return findings.every(({ grade }) => grade !== 'trouble')
}
