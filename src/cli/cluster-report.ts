// What GET /cluster tells, as far as the verbs show it. docs/API.md describes all of it.
import type { Cli } from './cli.ts'

export interface ReportedNode {
  readonly id: string
  readonly address: string
  readonly state: string
  readonly role: string
  readonly keys: number
  readonly lastHeardMs: number
  /** By which ways packets of it came of late; nodes before 0.2 do not say. */
  readonly heardBy?: readonly string[]
}

export interface ClusterReport {
  readonly node: { readonly id: string; readonly address: string; readonly state: string }
  readonly view: {
    readonly ballot: string
    readonly masters: readonly { readonly address: string; readonly inSync: boolean }[]
    readonly roster: readonly { readonly address: string }[]
  } | null
  readonly nodes: readonly ReportedNode[]
  readonly keys: number
  readonly copies: number
  readonly stream: { readonly id: string; readonly committed: number }
  readonly proofAgeMs: number | null
  readonly mode: string
  readonly merge: { readonly due: number; readonly merged: number; readonly conflicts: number }
  readonly warnings: readonly string[]
}

/** Asks the node. Rejects with a Failure when what answers is none. */
export async function clusterReport({ node }: Pick<Cli, 'node'>): Promise<ClusterReport> {
  const answer = await node.askJson({ method: 'GET', path: '/cluster' })
  if (!isReport(answer)) throw node.isNoNode()
  return answer
}

/** A node's answer is known by these; the rest of it is a promise of the node. */
function isReport(answer: unknown): answer is ClusterReport {
  const report: { node?: unknown; nodes?: unknown; warnings?: unknown } = Object(answer)
  return (
    typeof report.node === 'object' && Array.isArray(report.nodes) && Array.isArray(report.warnings)
  )
}
