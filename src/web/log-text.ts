import { lineDateParser } from '../logs/dates.js';

export interface LogForm { readonly type: 'raw' | 'json'; readonly date: string }
export interface ReadLine { readonly text: string; readonly at?: number }

/** Takes the date off the lines of a file, or the message out of its records: a page shows the time its own way. */
export function lineReader(form: LogForm | undefined): (line: string) => ReadLine {
  const parse = lineDateParser(form?.date ?? '');
  return (line) => {
    if (form?.type === 'json') return record(line, parse);
    const at = parse(line);
    if (at === undefined) return { text: line };
    const end = form?.date ? line.indexOf(': ') : -1;
    return { at, text: end > 0 && end <= 64 ? line.slice(end + 2) : line };
  };
}

function record(line: string, parse: (line: string) => number | undefined): ReadLine {
  try {
    const { message } = JSON.parse(line) as { message?: unknown };
    const at = parse(line);
    if (typeof message === 'string') return { text: message, ...(at !== undefined && { at }) };
  } catch {
    // Not written by us (a line from before the file had this form): shown as it is.
  }
  return { text: line };
}
