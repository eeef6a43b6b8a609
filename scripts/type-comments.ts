// Reads the comments of data types out of TypeScript sources: what documents say about a field is
// then what the source says. Understands interfaces and unions told apart by `kind`; nothing else.
import ts from 'typescript'

/** The comments of one type, or of one kind of a union. '' where there is none. */
export interface TypeComments {
  readonly comment: string
  readonly fields: ReadonlyMap<string, string>
}

/** By name: `View` for an interface or a union, `NodeRequest.ping` for one kind of a union. */
export function commentsIn(text: string): Map<string, TypeComments> {
  const source = ts.createSourceFile('types.ts', text, ts.ScriptTarget.ES2023, true)
  const found = new Map<string, TypeComments>()
  for (const statement of source.statements) {
    if (ts.isInterfaceDeclaration(statement)) {
      const own = typeComments(commentOf(statement), statement.members)
      const inherited = basesOf(statement).flatMap((base) => [...(found.get(base)?.fields ?? [])])
      found.set(statement.name.text, { ...own, fields: new Map([...inherited, ...own.fields]) })
    }
    if (!ts.isTypeAliasDeclaration(statement)) continue
    found.set(statement.name.text, typeComments(commentOf(statement), []))
    for (const [kind, comments] of kindsOf(statement.type)) {
      found.set(`${statement.name.text}.${kind}`, comments)
    }
  }
  return found
}

function basesOf(statement: ts.InterfaceDeclaration): string[] {
  const { heritageClauses = [] } = statement
  return heritageClauses.flatMap(({ types }) => types.map((it) => it.expression.getText()))
}

function* kindsOf(type: ts.TypeNode): Generator<[string, TypeComments]> {
  const members = ts.isUnionTypeNode(type) ? [...type.types] : [type]
  let end = type.getFullStart()
  for (const member of members) {
    // The comment stands before the bar, which is no part of the member.
    const comment = lastComment(member.getSourceFile().text.slice(end, member.getStart()))
    end = member.end
    if (!ts.isTypeLiteralNode(member)) continue
    const kind = member.members.map(kindIn).find((it) => it !== undefined)
    if (kind !== undefined) yield [kind, typeComments(comment, member.members)]
  }
}

function kindIn(member: ts.TypeElement): string | undefined {
  if (!ts.isPropertySignature(member) || member.name.getText() !== 'kind') return undefined
  const { type } = member
  return type !== undefined && ts.isLiteralTypeNode(type) && ts.isStringLiteral(type.literal)
    ? type.literal.text
    : undefined
}

function typeComments(comment: string, members: readonly ts.TypeElement[]): TypeComments {
  const fields = new Map<string, string>()
  for (const member of members) {
    if (member.name !== undefined) fields.set(member.name.getText(), commentOf(member))
  }
  return { comment, fields }
}

function commentOf(node: ts.Node): string {
  const { text } = node.getSourceFile()
  return lastComment(text.slice(node.getFullStart(), node.getStart()))
}

/** The words of the last doc comment, on one line. */
function lastComment(trivia: string): string {
  const [inner = ''] = [...trivia.matchAll(/\/\*\*([^]*?)\*\//g)].at(-1)?.slice(1) ?? []
  return inner
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trim())
    .filter((line) => line !== '')
    .join(' ')
}
