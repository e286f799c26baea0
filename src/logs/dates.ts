import { inFormat, readInFormat } from './formatted.js';

/**
 * Gives the present time in a dayjs format. The text is made once per second (once per millisecond when the format
 * shows fractions): a burst has a million lines in a second and dayjs needs about 2 µs each.
 */
export function stamper(format: string, wall: () => number): () => string {
  const unit = format.includes('SSS') ? 1 : 1000;
  let key = Number.NaN;
  let text = '';
  return () => {
    const at = wall();
    const now = Math.floor(at / unit);
    if (now !== key) { key = now; text = inFormat(at, format); }
    return text;
  };
}

/** Local time as rotated files carry it in their names: 2026-03-01_23-59-59. */
export function fileStamp(at: number): string {
  const d = new Date(at);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${String(d.getFullYear()).padStart(4, '0')}-${two(d.getMonth() + 1)}-${two(d.getDate())}_${two(d.getHours())}-${two(d.getMinutes())}-${two(d.getSeconds())}`;
}

/**
 * A reader of the time at the head of a line: `<date>: text` in the given dayjs format, a JSON record's `timestamp`, or
 * (format empty or not matching) an ISO-like date. Milliseconds since 1970, or undefined for a line without a time.
 */
export function lineDateParser(format = ''): (line: string) => number | undefined {
  return (line) => {
    if (line.startsWith('{')) return jsonDate(line, format);
    const end = line.indexOf(': ');
    if (end > 0 && end <= 64 && format !== '') {
      const own = read(line.slice(0, end), format);
      if (own !== undefined) return own;
    }
    const iso = ISO.exec(line);
    return iso === null ? undefined : read(iso[0], '');
  };
}

const ISO = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?(?:Z|[+-]\d\d:?\d\d))?/;

function jsonDate(line: string, format: string): number | undefined {
  // Our own records carry it after the message; a full parse of each line would cost more than the search itself.
  const m = /"timestamp":"([^"]{1,64})"/.exec(line);
  const text = m?.[1];
  if (text === undefined) return undefined;
  return (format === '' ? undefined : read(text, format)) ?? read(text, '');
}

function read(text: string, format: string): number | undefined {
  const at = format === '' ? Date.parse(text.replace(',', '.')) : readInFormat(text, format);
  return Number.isFinite(at) ? at : undefined;
}
