// What the tables of cases are made of: requests, entries, and what a node holds before a request.
import type { RequestInit } from 'node-fetch'
import type { Entry } from '../../src/core/types.ts'
import { formatVersion } from '../../src/core/version.ts'
import { FAKE_ID } from '../fakes/fake-node.ts'
import type { TestServer } from './setup.ts'

export const V1 = formatVersion(1_700_000_000_000, 0, FAKE_ID)
export const V2 = formatVersion(1_700_000_000_000, 1, FAKE_ID)

export function form(text: string, headers: Record<string, string> = {}): RequestInit {
  const type = 'application/x-www-form-urlencoded'
  return { method: 'POST', body: text, headers: { 'content-type': type, ...headers } }
}

export function put(body: string, headers: Record<string, string> = {}): RequestInit {
  return { method: 'PUT', body, headers: { 'content-type': 'text/plain', ...headers } }
}

export function entry(text: string, more: Partial<Entry> = {}): Entry {
  return {
    key: 'k',
    version: V1,
    expiresAtMs: undefined,
    requestId: '0'.repeat(32),
    content: { kind: 'value', bytes: Buffer.from(text), contentType: 'text/plain' },
    ...more,
  }
}

/** What a case prepares before its request. */
export type Given = (server: TestServer) => void

export const holding: Given = ({ node }) => node.entries.set('k', entry('v'))
export const holdingLocally: Given = ({ node }) => node.localEntries.set('k', entry('mine'))
export const expired: Given = ({ node }) =>
  node.entries.set('k', entry('v', { expiresAtMs: node.now }))
export const deleted: Given = ({ node }) =>
  node.entries.set('k', entry('', { content: { kind: 'tombstone' } }))
export const unreachable: Given = ({ node }) => {
  node.nextRead = { kind: 'unreachable', reason: 'No master answers.' }
}
export const writing =
  (outcome: TestServer['node']['nextWrite']): Given =>
  ({ node }) => {
    node.nextWrite = outcome
  }
export const nothing: Given = () => {}
