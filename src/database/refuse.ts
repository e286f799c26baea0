import { MgrError } from '../base/errors.js';
import { nearest } from '../base/nearest.js';

/** What a store does not take, told by got and wanted. `path` leads to it inside of what was handed in. */
export function refuse(path: string, got: unknown, wanted: string): never {
  throw new MgrError('BAD_OPTION', { path, got: shown(got), wanted, fix: 'nothing was read or changed' });
}

/** The same for an operator nobody knows. */
export function refuseOperator(path: string, got: string, known: readonly string[]): never {
  const near = nearest(got, known);
  throw new MgrError('BAD_OPTION', { path, got, wanted: known.join(' '), fix: near === undefined ? 'nothing was read or changed' : `did you mean \`${near}\`?` });
}

/** A dotted path as its parts. Throws BAD_OPTION for an empty part and for names that mean something to the language. */
export function pathOf(path: string): readonly string[] {
  const parts = path.split('.');
  if (parts.some((p) => p === '' || p === '__proto__')) refuse('path', path, 'names with a dot between, such as address.city');
  return parts;
}

function shown(v: unknown): string {
  if (typeof v === 'function') return 'a function';
  if (typeof v === 'bigint') return `${v}n`;
  if (typeof v === 'number') return String(v);
  if (v instanceof RegExp) return String(v);
  let text: string | undefined;
  try {
    text = JSON.stringify(v);
  } catch {
    // In a circle.
  }
  text ??= Object.prototype.toString.call(v);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
