// Colours, and none. What is coloured is readable without.
import { styleText } from 'node:util'

/** Wraps a text; what it shows stays the same. */
export type Style = (text: string) => string

export interface Styles {
  readonly good: Style
  readonly doubtful: Style
  readonly bad: Style
  readonly strong: Style
  readonly faint: Style
}

const plain: Style = (text) => text

const NONE: Styles = { good: plain, doubtful: plain, bad: plain, strong: plain, faint: plain }

/** Whether stdout takes colours was judged before; Node's own check would judge another stream. */
const coloured =
  (format: 'green' | 'yellow' | 'red' | 'bold' | 'dim'): Style =>
  (text) =>
    styleText(format, text, { validateStream: false })

const COLOURS: Styles = {
  good: coloured('green'),
  doubtful: coloured('yellow'),
  bad: coloured('red'),
  strong: coloured('bold'),
  faint: coloured('dim'),
}

export function stylesFor(hasColours: boolean): Styles {
  return hasColours ? COLOURS : NONE
}
