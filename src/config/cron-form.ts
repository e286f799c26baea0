/** Range and number of values of each field of a six-field pattern; five fields leave the seconds out. 7 is Sunday again. */
const FIELDS: readonly Field[] = [
  { low: 0, high: 59, steps: 60 }, { low: 0, high: 59, steps: 60 }, { low: 0, high: 23, steps: 24 },
  { low: 1, high: 31, steps: 31, own: /^(?:L|LW|(?:[1-9]|[12]\d|3[01])W)$/i },
  { low: 1, high: 12, steps: 12, names: 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ') },
  { low: 0, high: 7, steps: 7, names: 'sun mon tue wed thu fri sat'.split(' '), nth: /(?:#[1-5L]|L)$/i },
];
interface Field {
  readonly low: number;
  readonly high: number;
  readonly steps: number;
  /** The first stands for `low`. */
  readonly names?: readonly string[];
  /** Further words of this field. */
  readonly own?: RegExp;
  /** What may follow a day or a range of them: the second, the last of the month. */
  readonly nth?: RegExp;
}
const NICK = /^@(?:yearly|annually|monthly|weekly|daily|midnight|hourly)$/i;
const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Whether text is a cron pattern of 5 or 6 fields, as croner reads it (croner.ts), which the command
 * line does without: a test holds both together. A date that no year has (`0 0 31 2 *`) is none.
 */
export function isCronForm(text: string): boolean {
  const pattern = text.trim();
  if (NICK.test(pattern)) return true;
  const parts = pattern.split(/\s+/);
  if (parts.length !== 5 && parts.length !== 6) return false;
  const fields = FIELDS.slice(6 - parts.length);
  return parts.every((part, i) => isField(part, fields[i])) && someDay(parts.at(-3) ?? '', parts.at(-2) ?? '', parts.at(-1) ?? '');
}

function isField(text: string, field: Field | undefined): boolean {
  if (!field) return false;
  // `+`: of the days of the week only those that are also among the days of the month.
  const list = field.nth ? text.replace(/^\+/, '') : text;
  return list.split(',').every((part) => isPart(part, field));
}

function isPart(part: string, field: Field): boolean {
  if (field.own?.test(part)) return true;
  const [span = '', step, more] = part.split('/');
  if (more !== undefined || (step !== undefined && !(/^\d+$/.test(step) && Number(step) > 0 && Number(step) <= field.steps))) return false;
  // `/5` is `*/5`.
  if (span === '*' || span === '?' || (span === '' && step !== undefined)) return true;
  const nth = field.nth?.exec(span)?.[0] ?? '';
  if (nth !== '' && step !== undefined) return false;
  const ends = span.slice(0, span.length - nth.length).split('-');
  const [from, to] = [ends[0], ends.at(-1)].map((end = '', i) => (i === 1 && ends.length > 1 && field.nth && /^sun$/i.test(end) ? 7 : valueOf(end, field)));
  return ends.length <= 2 && from !== undefined && to !== undefined && from <= to;
}

function valueOf(text: string, field: Field): number | undefined {
  const name = field.names?.indexOf(text.toLowerCase()) ?? -1;
  if (name >= 0) return name + field.low;
  const n = /^\d+$/.test(text) ? Number(text) : -1;
  return n >= field.low && n <= field.high ? n : undefined;
}

/** Is there such a day? Only plain numbers can name one that never comes: `31 2`, `30 feb`. */
function someDay(day: string, month: string, weekday: string): boolean {
  if (!/^\d+(?:,\d+)*$/.test(day) || !/^\w+(?:,\w+)*$/.test(month) || (weekday !== '*' && weekday !== '?' && !weekday.startsWith('+'))) return true;
  const first = Math.min(...day.split(',').map(Number));
  return month.split(',').some((m) => first <= (DAYS[(valueOf(m, FIELDS[4] ?? { low: 1, high: 12, steps: 12 }) ?? 1) - 1] ?? 31));
}
