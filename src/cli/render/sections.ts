import { paint } from '../output.js';
import type { Paint } from '../output.js';
import { pad, printable, width } from '../width.js';

export type Fact = readonly [key: string, value: string];

/** Titled blocks of facts and lines; long values go on below their beginning, so that a narrow terminal stays readable. */
export interface Sections {
  readonly facts: (title: string, rows: readonly Fact[]) => string;
  readonly section: (title: string, lines: readonly string[]) => string;
}

/** `columns`: cells to fit; undefined: a pipe, where nothing is broken. An empty block is an empty text. */
export function sections(look: { readonly colour: boolean; readonly columns?: number | undefined }): Sections {
  const p: Paint = paint(look.colour);
  const section = (title: string, lines: readonly string[]): string => (lines.length === 0 ? '' : [...(title === '' ? [] : [p.bold(title)]), ...lines.map((l) => `  ${l}`)].join('\n'));
  return {
    facts(title, rows) {
      const room = rows.reduce((w, [k]) => Math.max(w, width(printable(k))), 0);
      const space = look.columns === undefined ? undefined : look.columns - room - 5;
      return section(title, rows.flatMap(([k, v]) => broken(printable(v), space).map((part, i) => `${i === 0 ? p.dim(pad(printable(k), room)) : ' '.repeat(room)}  ${part}`)));
    },
    section: (title, lines) => section(title, lines.flatMap((l) => broken(l, look.columns === undefined ? undefined : look.columns - 3).map((part, i) => (i === 0 ? part : `  ${part}`)))),
  };
}

/** Least cells a value is broken to: below that the terminal may do it. */
const LEAST = 20;

// At a blank where there is one in the last third, else anywhere: a path stays whole when it is copied from two lines.
function broken(text: string, space: number | undefined): string[] {
  if (space === undefined || space < LEAST || width(text) <= space) return [text];
  const parts: string[] = [];
  let rest = text;
  while (width(rest) > space) {
    let end = 0;
    let cells = 0;
    for (const c of rest) {
      cells += width(c);
      if (cells > space) break;
      end += c.length;
    }
    const blank = rest.lastIndexOf(' ', end);
    const cut = blank > end * 2 / 3 ? blank : end;
    parts.push(rest.slice(0, cut));
    rest = rest.slice(cut).replace(/^ /, '');
  }
  return rest === '' ? parts : [...parts, rest];
}
