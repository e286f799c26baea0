/**
 * The source of a module as far as a reader needs it who looks for calls: what stands in comments, texts and patterns is made
 * blank, so that a brace in a text is no brace. Offsets and lines stay. Not a parser: what it cannot tell it leaves alone.
 */
export interface Code {
  /** As written. */
  readonly source: string;
  /** The same length, with blanks for comments and for what is between quotes. */
  readonly bare: string;
}

export function readCode(source: string): Code {
  let bare = '';
  let at = 0;
  /** Braces of `${` that are open, each with the depth of braces around it. */
  const holes: number[] = [];
  let depth = 0;
  const blank = (to: number): void => { bare += source.slice(at, to).replace(/[^\n]/g, ' '); at = to; };
  const keep = (n = 1): void => { bare += source.slice(at, at + n); at += n; };
  const template = (): void => {
    const end = /(?:\\[^]|\$(?!\{)|[^\\`$])*/y;
    end.lastIndex = at;
    end.exec(source);
    blank(end.lastIndex);
    if (source[at] === '`') keep();
    else if (source[at] === '$') { keep(2); holes.push(depth); depth++; }
  };
  while (at < source.length) {
    const c = source[at];
    const two = source.slice(at, at + 2);
    if (two === '//') { const end = source.indexOf('\n', at); blank(end < 0 ? source.length : end); } else if (two === '/*') { const end = source.indexOf('*/', at + 2); blank(end < 0 ? source.length : end + 2); } else if (c === '"' || c === "'") {
      const end = new RegExp(`(?:\\\\[^]|[^\\\\\\n${c}])*`, 'y');
      keep();
      end.lastIndex = at;
      end.exec(source);
      blank(end.lastIndex);
      keep();
    } else if (c === '`') { keep(); template(); } else if (c === '}' && holes.at(-1) === depth - 1) { keep(); depth--; holes.pop(); template(); } else if (c === '/' && /(?:^|[=(,:[!&|?{};+\-*%~^<>\n]|\breturn|\btypeof|=>)\s*$/.test(bare.slice(-40))) {
      const end = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/y;
      end.lastIndex = at;
      if (end.exec(source)) blank(end.lastIndex);
      else keep();
    } else {
      if (c === '{') depth++;
      if (c === '}') depth--;
      keep();
    }
  }
  return { source, bare };
}

export const lineOf = (code: Code, offset: number): number => code.source.slice(0, offset).split('\n').length;

/** How many braces are open there. 0: it runs when the file is loaded. */
export function depthAt(code: Code, offset: number): number {
  let depth = 0;
  for (const c of code.bare.slice(0, offset)) depth += c === '{' ? 1 : c === '}' ? -1 : 0;
  return depth;
}

/** The arguments of the call whose parenthesis opens at `open`, as written. Undefined: it is not closed. */
export function argumentsAt(code: Code, open: number): string[] | undefined {
  let depth = 0;
  let from = open + 1;
  const found: string[] = [];
  for (let i = open; i < code.bare.length; i++) {
    const c = code.bare[i] ?? '';
    if ('([{'.includes(c)) depth++;
    else if (')]}'.includes(c)) depth--;
    if ((c === ',' && depth === 1) || depth === 0) {
      const text = code.source.slice(from, i).trim();
      if (text !== '' || c === ',') found.push(text);
      from = i + 1;
    }
    if (depth === 0) return found;
  }
  return undefined;
}
