/** What a parser of a config file found wrong, and where (both from 1, undefined when unknown). Becomes BAD_FILE. */
export class BadText extends Error {
  readonly line: number | undefined;
  readonly column: number | undefined;

  constructor(reason: string, line?: number, column?: number) {
    super(reason);
    this.line = line;
    this.column = column;
  }
}
