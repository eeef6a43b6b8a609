// A form of bytes as multipart/form-data, with a boundary that is surely not in them.
// Never guesses a content type.

export interface FormPart {
  readonly name: string
  readonly bytes: Buffer
  readonly contentType?: string | undefined
}

export function multipart(parts: readonly FormPart[]): { contentType: string; body: Buffer } {
  const boundary = boundaryFor(parts)
  const pieces = parts.flatMap(({ name, bytes, contentType }) => [
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n` +
        `${contentType === undefined ? '' : `Content-Type: ${contentType}\r\n`}\r\n`,
    ),
    bytes,
    Buffer.from('\r\n'),
  ])
  const body = Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)])
  return { contentType: `multipart/form-data; boundary=${boundary}`, body }
}

/** Ends: a value has fewer places than there are numbers. */
function boundaryFor(parts: readonly FormPart[]): string {
  for (let number = 0; ; number++) {
    const boundary = `diststore-${number}-`
    if (parts.every(({ bytes }) => !bytes.includes(boundary))) return boundary
  }
}
