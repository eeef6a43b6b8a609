// The variables that systemd gives to the daemon: what is measured runs as it does for those who install it.
import { readFileSync } from 'node:fs'

const UNIT = new URL('../debian/diststore.service', import.meta.url)

/** Of the unit's lines with `Environment=`; each has one variable, without quotes. */
export function serviceEnvironment(): Record<string, string> {
  const lines = readFileSync(UNIT, 'utf8').matchAll(/^Environment=([A-Z_]+)=(\S+)$/gm)
  return Object.fromEntries(Array.from(lines, ([, name = '', value = '']) => [name, value]))
}
