// Loaded before the daemon (node --import): calls of one kind from other nodes stay unanswered while a
// file is there. The daemon itself knows nothing of it. HOLD=digest HOLD_WHILE=/path/of/the/file.
import { existsSync } from 'node:fs'
import { Server } from 'node:http'

const path = `/_node/${process.env['HOLD']}`
const file = process.env['HOLD_WHILE'] ?? ''
const { emit } = Server.prototype

Server.prototype.emit = function (event, ...args) {
  const isHeld = event === 'request' && args[0].url === path && existsSync(file)
  return isHeld || emit.call(this, event, ...args)
}
