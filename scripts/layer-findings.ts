// Finds what breaks the rules of layers.ts in one source file. Reads the syntax tree, so that
// comments and strings do not count; reads no files itself.
import { posix } from 'node:path'
import ts from 'typescript'
import * as rules from './layers.ts'

/** One breach: where, and what to do about it. */
export interface Finding {
  readonly file: string
  readonly line: number
  readonly sentence: string
}

/** `file` is the path from the project's root, with slashes: src/core/view.ts. */
export function findBreaches(file: string, text: string): Finding[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true)
  const findings = longFile(file, source)
  const folder = /^src\/([^/]+)\//.exec(file)?.[1]
  const visit = (node: ts.Node): void => {
    const sentences = [
      ...(folder === undefined ? [] : wrongImports(file, folder, node)),
      ...(folder === undefined ? [] : worldUses(file, folder, node)),
      ...(file.startsWith('test/') ? [] : longFunction(source, node)),
    ]
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source))
    for (const sentence of sentences) findings.push({ file, line: line + 1, sentence })
    ts.forEachChild(node, visit)
  }
  visit(source)
  return findings
}

// ---- imports ---

function wrongImports(file: string, folder: string, node: ts.Node): string[] {
  const target = importedModule(node)
  if (target === undefined) return []
  const layer = rules.LAYERS[folder]
  if (layer === undefined)
    return [`${folder}/ is no folder of the house; scripts/layers.ts lists them`]
  if (target === '') return [`${folder}/ imports what is named only at run time`]
  if (target.startsWith('.')) return wrongFolder(file, folder, layer, target)
  if (target.startsWith('node:')) {
    const isAllowed = layer.builtins.includes(target.slice('node:'.length))
    return isAllowed ? [] : [`${folder}/ may not import ${target}`]
  }
  return layer.libraries.includes(packageOf(target)) ? [] : [`${folder}/ may not import ${target}`]
}

function wrongFolder(file: string, folder: string, layer: rules.Layer, target: string): string[] {
  const path = posix.join(posix.dirname(file), target)
  const targetFolder = /^src\/([^/]+)\//.exec(path)?.[1]
  if (targetFolder === undefined) return [`${folder}/ may not import ${path}, outside src/`]
  const isAllowed = targetFolder === folder || layer.folders.includes(targetFolder)
  return isAllowed ? [] : [`${folder}/ may not import ${targetFolder}/`]
}

/** What a node of the tree imports; '' when only the running program knows. */
function importedModule(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
    return node.moduleSpecifier === undefined ? undefined : textOf(node.moduleSpecifier)
  }
  if (ts.isImportTypeNode(node)) {
    return ts.isLiteralTypeNode(node.argument) ? textOf(node.argument.literal) : ''
  }
  if (ts.isExternalModuleReference(node)) return textOf(node.expression)
  if (ts.isCallExpression(node) && isImportCall(node)) return textOf(node.arguments[0])
  return undefined
}

function isImportCall(call: ts.CallExpression): boolean {
  const { expression } = call
  const isRequire = ts.isIdentifier(expression) && expression.text === 'require'
  return expression.kind === ts.SyntaxKind.ImportKeyword || isRequire
}

function textOf(node: ts.Node | undefined): string {
  return node !== undefined && ts.isStringLiteralLike(node) ? node.text : ''
}

/** '@koa/router' of '@koa/router/x', 'zod' of 'zod/mini'. */
function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

// ---- the outside world ---

function worldUses(file: string, folder: string, node: ts.Node): string[] {
  if (rules.WORLD_FOLDERS.includes(folder)) return []
  const uses = worldUse(node)
  if (uses === undefined) return []
  const isExcepted = rules.EXCEPTIONS.some((each) => each.file === file && each.uses === uses)
  return isExcepted ? [] : [`${folder}/ may not use ${uses}: take it as an argument`]
}

function worldUse(node: ts.Node): string | undefined {
  if (ts.isNewExpression(node)) {
    const isNow = isNamed(node.expression, 'Date') && (node.arguments ?? []).length === 0
    return isNow ? 'new Date()' : undefined
  }
  if (ts.isCallExpression(node) && isNamed(node.expression, 'Date')) return 'Date()'
  if (ts.isPropertyAccessExpression(node)) return worldMember(node)
  if (ts.isElementAccessExpression(node)) return worldElement(node)
  if (!ts.isIdentifier(node)) return undefined
  if (rules.CHANCE_FUNCTIONS.includes(node.text)) return node.text
  return rules.WORLD_GLOBALS.includes(node.text) && isGlobalUse(node) ? node.text : undefined
}

/** `Date.now`, and any global reached through `globalThis`. */
function worldMember(node: ts.PropertyAccessExpression): string | undefined {
  const member = rules.WORLD_MEMBERS.find(
    (each) => each === node.getText().replace(/^globalThis\./, ''),
  )
  if (member !== undefined) return member
  const isGlobal = isNamed(node.expression, 'globalThis')
  return isGlobal && rules.WORLD_GLOBALS.includes(node.name.text) ? node.name.text : undefined
}

/** `Date['now']` hides from readers and from this check alike. */
function worldElement(node: ts.ElementAccessExpression): string | undefined {
  const holders = ['globalThis', 'Date', 'Math']
  const holder = holders.find((each) => isNamed(node.expression, each))
  return holder === undefined ? undefined : `${holder}[…]`
}

/** Whether an identifier stands for a value in scope, not for a member, a type or a new name. */
function isGlobalUse(node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node
  if (ts.isBindingElement(parent) || ts.isParameter(parent) || ts.isVariableDeclaration(parent)) {
    return parent.initializer === node
  }
  if (ts.isPropertyDeclaration(parent)) return parent.initializer === node
  return !isNameOnly(parent)
}

function isNameOnly(parent: ts.Node): boolean {
  return (
    ts.isTypeNode(parent) ||
    ts.isQualifiedName(parent) ||
    ts.isTypeElement(parent) ||
    ts.isImportSpecifier(parent) ||
    ts.isFunctionDeclaration(parent) ||
    ts.isMethodDeclaration(parent) ||
    ts.isEnumMember(parent) ||
    ts.isNamedTupleMember(parent)
  )
}

function isNamed(node: ts.Node, name: string): boolean {
  return ts.isIdentifier(node) && node.text === name
}

// ---- lengths ---

function longFile(file: string, source: ts.SourceFile): Finding[] {
  const text = source.text.replace(/\n$/, '')
  const lines = text.split('\n').length
  if (lines <= rules.FILE_LINES_MAX) return []
  const sentence = `${lines} lines; a file stops at ${rules.FILE_LINES_MAX}`
  return [{ file, line: rules.FILE_LINES_MAX, sentence }]
}

function longFunction(source: ts.SourceFile, node: ts.Node): string[] {
  if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) return []
  const lineAt = (position: number) => source.getLineAndCharacterOfPosition(position).line
  const lines = lineAt(node.getEnd()) - lineAt(node.getStart(source)) + 1
  if (lines <= rules.FUNCTION_LINES_MAX) return []
  return [`a function of ${lines} lines; one stops at ${rules.FUNCTION_LINES_MAX}`]
}
