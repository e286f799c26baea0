/** Of anything thrown. A file of its own: the SDK takes it into the user's program, and the table of errors not. */

/** Something that was caught, fit to be thrown again: itself when it is an Error. */
export function asError(e: unknown): Error {
  return e instanceof Error ? e : new Error(String(e));
}

/** The text of anything thrown, on one line. */
export function reasonOf(e: unknown): string {
  const text = e instanceof Error ? e.message : String(e);
  return text.split('\n')[0] ?? text;
}

/** The `code` of a system error (ENOENT, EACCES, …), else undefined. */
export function errno(e: unknown): string | undefined {
  return typeof e === 'object' && e !== null && 'code' in e && typeof e.code === 'string' ? e.code : undefined;
}
