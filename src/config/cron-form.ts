/** Range of each field of a six-field pattern; five fields leave the seconds out. 7 is Sunday again. */
const RANGE: readonly (readonly [number, number])[] = [[0, 59], [0, 59], [0, 23], [1, 31], [1, 12], [0, 7]];
const NAMES = /^(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|sun|mon|tue|wed|thu|fri|sat)$/i;
const NICK = /^@(?:yearly|annually|monthly|weekly|daily|midnight|hourly)$/;

/**
 * Whether text has the form of a cron pattern of 5 or 6 fields. The trigger that runs it has the last word;
 * this finds what is plainly wrong before anything starts.
 */
export function isCronForm(text: string): boolean {
  const pattern = text.trim();
  if (NICK.test(pattern)) return true;
  const fields = pattern.split(/\s+/);
  if (fields.length !== 5 && fields.length !== 6) return false;
  const ranges = RANGE.slice(6 - fields.length);
  return fields.every((field, i) => field.split(',').every((part) => isPart(part, ranges[i] ?? [0, 0])));
}

function isPart(part: string, [low, high]: readonly [number, number]): boolean {
  const [span = '', step, more] = part.split('/');
  if (more !== undefined || (step !== undefined && !(/^\d+$/.test(step) && Number(step) > 0))) return false;
  if (span === '*' || span === '?') return true;
  if (/^L$/i.test(span) || /^\w{1,3}(?:#[1-5L]|L)$/i.test(span)) return true;
  const ends = span.split('-');
  if (ends.length > 2) return false;
  return ends.every((e) => NAMES.test(e) || (/^\d+$/.test(e) && Number(e) >= low && Number(e) <= high));
}
