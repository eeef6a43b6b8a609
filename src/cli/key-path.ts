// The path and query that name a key. Every key has one: `.`, `..` and slashes too.

/** Further parameters that are undefined are left out. */
export function keyPath(
  path: string,
  key: string,
  more: Readonly<Record<string, string | undefined>> = {},
): string {
  return withQuery(path, { key, ...more })
}

export function withQuery(
  path: string,
  fields: Readonly<Record<string, string | undefined>>,
): string {
  const query = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
  )
  return query.length === 0 ? path : `${path}?${query.join('&')}`
}
