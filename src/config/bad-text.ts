// The parsers are loaded as bundles of their own, each with its copy of the class: the brand is the same in all.
const BRAND = Symbol.for('mgr.bad-text');

/** What a parser of a config file found wrong, and where (both from 1, undefined when unknown). Becomes BAD_FILE. */
export class BadText extends Error {
  readonly line: number | undefined;
  readonly column: number | undefined;
  readonly [BRAND] = true;

  constructor(reason: string, line?: number, column?: number) {
    super(reason);
    this.line = line;
    this.column = column;
  }
}

export function isBadText(e: unknown): e is BadText {
  return typeof e === 'object' && e !== null && BRAND in e;
}
