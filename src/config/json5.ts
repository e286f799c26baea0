import { reasonOf } from '../base/errors.js';
import { BadText } from './bad-text.js';

/** JSON with comments, trailing commas and what else JSON5 allows. Data only: nothing in it is run. Throws BadText. */
export async function parseJson5(text: string): Promise<unknown> {
  try {
    // Most files are plain JSON: those do not pay for loading the package.
    return JSON.parse(text);
  } catch {
    // Not plain JSON; JSON5 says what is wrong, if anything is.
  }
  const { default: json5 } = await import('json5');
  try {
    return json5.parse(text);
  } catch (e) {
    const at = e as { lineNumber?: number; columnNumber?: number };
    throw new BadText(reasonOf(e).replace(/^JSON5: /, '').replace(/ at \d+:\d+$/, ''), at.lineNumber, at.columnNumber);
  }
}
