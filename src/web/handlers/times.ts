import { MgrError } from '../../base/errors.js';
import { parseSpan } from '../../base/units.js';

/** A moment as the API takes it: ms since 1970, an ISO date, or a span back from now. Throws BAD_OPTION. */
export function moment(given: string | undefined, path: string, now: number): number | undefined {
  if (given === undefined) return undefined;
  if (/^\d{12,15}$/.test(given)) return Number(given);
  const iso = /^\d{4}-\d\d-\d\d/.test(given) ? Date.parse(given) : Number.NaN;
  if (Number.isFinite(iso)) return iso;
  const span = /[a-z]$/i.test(given) ? parseSpan(given) : undefined;
  if (span === undefined) throw new MgrError('BAD_OPTION', { path, got: JSON.stringify(given), wanted: 'ms since 1970, an ISO date, or a span back from now such as 15m, 2h, 1d', fix: 'see /api/openapi.json' });
  return now - span;
}

/** `a, b` -> [a, b]; undefined for nothing. */
export function words(given: string | undefined): string[] | undefined {
  const found = given?.split(',').map((w) => w.trim()).filter((w) => w !== '');
  return found === undefined || found.length === 0 ? undefined : found;
}
