// Shows a msgpack body as lines of hex with what they mean, for people who read it beside the
// bytes of another program. Understands what this project writes; anything else is an error.

const HEX_WIDTH = 58

/** One line a value: its name and bytes in hex, then what it is. */
export function dumpMsgpack(body: Uint8Array): string {
  const dump = new Dump(body)
  dump.value({ indent: 0, name: '', before: [] })
  return dump.lines.join('\n')
}

/** The bytes of a dump. */
export function bytesOfDump(dump: string): Uint8Array {
  const digits = dump.split('\n').map((line) => line.replace(/\|.*$/, '').replaceAll(/\s/g, ''))
  return Uint8Array.from(Buffer.from(digits.join(''), 'hex'))
}

interface Place {
  readonly indent: number
  /** What the value is called: its field, or its place in a list. */
  readonly name: string
  /** Bytes of the name, in hex: they go in front of the value's. */
  readonly before: readonly string[]
}

class Dump {
  readonly lines: string[] = []
  readonly #body: Buffer
  #at = 0

  constructor(body: Uint8Array) {
    this.#body = Buffer.from(body)
  }

  value({ indent, name, before }: Place): void {
    const token = this.#body.readUInt8(this.#at)
    const inner = indent + 2
    if (token === 0xde) {
      const count = this.#body.readUInt16BE(this.#at + 1)
      this.#line({ indent, name, before: [...before, this.#hex(1), this.#hex(2)] }, `map, ${count}`)
      for (let i = 0; i < count; i++) this.value({ indent: inner, ...this.#field() })
      return
    }
    if ((token & 0xf0) === 0x90) {
      const count = token & 0x0f
      this.#line({ indent, name, before: [...before, this.#hex(1)] }, `list, ${count}`)
      for (let i = 0; i < count; i++) this.value({ indent: inner, name: `${i}`, before: [] })
      return
    }
    const { parts, text } = this.#leaf(token)
    this.#line({ indent, name, before: [...before, ...parts] }, text)
  }

  #field(): { name: string; before: string[] } {
    const { parts, text } = this.#leaf(this.#body.readUInt8(this.#at))
    return { name: text.slice(1, -1), before: parts }
  }

  #leaf(token: number): { parts: string[]; text: string } {
    const at = this.#at + 1
    if (token < 0x80) return { parts: [this.#hex(1)], text: `${token}` }
    if (token >= 0xa0 && token < 0xc0) return this.#text([this.#hex(1)], token & 0x1f)
    switch (token) {
      case 0xc0:
        return { parts: [this.#hex(1)], text: 'nil' }
      case 0xc2:
      case 0xc3:
        return { parts: [this.#hex(1)], text: `${token === 0xc3}` }
      case 0xc4:
        return this.#bytes([this.#hex(1), this.#hex(1)], this.#body.readUInt8(at))
      case 0xcb:
        return { parts: [this.#hex(1), this.#hex(8)], text: `${this.#body.readDoubleBE(at)}` }
      case 0xcc:
      case 0xcd:
      case 0xce: {
        const bytes = 2 ** (token - 0xcc)
        const text = `${this.#body.readUIntBE(at, bytes)}`
        return { parts: [this.#hex(1), this.#hex(bytes)], text }
      }
      case 0xd9:
        return this.#text([this.#hex(1), this.#hex(1)], this.#body.readUInt8(at))
      default:
        throw new Error(`there is no name yet for the token ${token.toString(16)}`)
    }
  }

  #text(head: readonly string[], bytes: number): { parts: string[]; text: string } {
    const text = this.#body.toString('utf8', this.#at, this.#at + bytes)
    return { parts: [...head, this.#hex(bytes)], text: JSON.stringify(text) }
  }

  #bytes(head: readonly string[], bytes: number): { parts: string[]; text: string } {
    return { parts: [...head, this.#hex(bytes)], text: `bytes, ${bytes}` }
  }

  /** The next bytes in hex. */
  #hex(bytes: number): string {
    const hex = this.#body.toString('hex', this.#at, this.#at + bytes)
    this.#at += bytes
    return hex
  }

  #line({ indent, name, before }: Place, text: string): void {
    const margin = ' '.repeat(indent)
    let hex = margin + before.filter((part) => part !== '').join(' ')
    const meaning = name === '' ? text : `${name}: ${text}`
    let note = ` | ${margin}${meaning}`
    // A long text goes on below, deeper than its own line.
    while (hex.length > HEX_WIDTH) {
      const cut = betweenBytes(hex)
      this.lines.push(hex.slice(0, cut).padEnd(HEX_WIDTH) + note)
      hex = `${margin}    ${hex.slice(cut).trimStart()}`
      note = ' |'
    }
    this.lines.push(hex.padEnd(HEX_WIDTH) + note)
  }
}

/** Where to cut a line that is too long. */
function betweenBytes(hex: string): number {
  const partStart = hex.lastIndexOf(' ', HEX_WIDTH - 1) + 1
  return HEX_WIDTH - ((HEX_WIDTH - partStart) % 2)
}
