// The settings file: which one, and what it gives. Reading bytes from the disk is the caller's.
import { parse, TomlError } from 'smol-toml'
import { unreachable } from '../core/assert.ts'
import { bad } from './bad.ts'
import { type Given, type GivenOrBad, givenByFile } from './given.ts'

/** Read when no other file is named; need not exist. */
export const DEFAULT_CONFIG_FILE = '/etc/diststore/diststored.toml'

export type FileText =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unreadable'; readonly reason: string }

export type ReadFile = (path: string) => FileText

/** What the file gives; a file that was named must exist, the default one need not. */
export function givenBySettingsFile(named: Given | undefined, readFile: ReadFile): GivenOrBad {
  const path = named === undefined ? DEFAULT_CONFIG_FILE : String(named.value)
  const file = readFile(path)
  switch (file.kind) {
    case 'text':
      return givenByToml(file.text, path)
    case 'absent':
      if (named === undefined) return { kind: 'given', given: new Map() }
      return bad(`config (${named.source}) must be the path of a TOML file; there is no ${path}`)
    case 'unreadable':
      return bad(`${path} cannot be read: ${file.reason}`)
    default:
      return unreachable(file)
  }
}

function givenByToml(text: string, path: string): GivenOrBad {
  try {
    return givenByFile(parse(text), path)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const reason = error.message.split('\n')[0]?.replace('Invalid TOML document: ', '')
    return bad(`${path}, line ${error.line}, is no TOML: ${reason}`)
  }
}
