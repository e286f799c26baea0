import fs from 'node:fs';
import { lineDateParser, linesSince } from '../../logs/search.js';
import { tailLines } from '../../logs/tail.js';
import type { LogFile } from '../../protocol/views.js';
import type { LogLine, LogPage } from '../api-types.js';
import type { Some, Web } from '../context.js';
import { HttpError } from '../http-error.js';
import { lineReader } from '../log-text.js';
import { moment, words } from './times.js';

/** ms of one search over all its files. */
const PATIENCE = 15_000;
const LONGEST = 20_000;
const LINES = 200;
/** Searches at once: each reads as fast as the disk gives. */
const SEARCHES = 4;

interface Wish { readonly lines: number; readonly since?: number; readonly until?: number; readonly match?: (line: string) => boolean }
interface Found { readonly lines: LogLine[]; readonly more: boolean; /** When the file was last written, ms. */ readonly written: number }
type Readable = LogFile & { readonly stream: 'out' | 'err' };

export function logHandlers(web: Web): Some<'logs'> {
  let searching = 0;
  return {
    logs: async ({ query }, { signal }) => {
      const now = web.clock.wall();
      const since = moment(query.since, 'since', now);
      const until = moment(query.until, 'until', now);
      const wish: Wish = {
        lines: query.lines ?? LINES, ...(since !== undefined && { since }), ...(until !== undefined && { until }),
        ...(query.grep !== undefined && query.grep !== '' && { match: matcher(query.grep) }),
      };
      const files = await web.link.call('logs.files', { targets: words(query.target) ?? ['all'] });
      if (searching >= SEARCHES) throw new HttpError(503, 'TOO_MANY', `${SEARCHES} searches run already`, 'ask again in a moment');
      searching++;
      try {
        return await pageOf(readable(files, query.stream), wish, () => signal.aborted || web.clock.wall() - now > PATIENCE);
      } finally {
        searching--;
      }
    },
  };
}

/** The latest lines of all files together, by their times. */
export async function pageOf(files: readonly Readable[], wish: Wish, over: () => boolean): Promise<LogPage> {
  let kept: { readonly line: LogLine; readonly when: number }[] = [];
  let more = false;
  for (const file of files) {
    const found = await find(file, wish, over);
    // Stable: lines of one file without times stay in their order, where the file was last written.
    const all = [...kept, ...found.lines.map((line) => ({ line, when: line.at ?? found.written }))].sort((a, b) => a.when - b.when);
    // A thousand programs have two thousand files: no more is held than is shown.
    kept = all.slice(-wish.lines);
    more ||= found.more || kept.length < all.length;
  }
  return { lines: kept.map(({ line }) => line), more: more || over() };
}

async function find(file: Readable, wish: Wish, over: () => boolean): Promise<Found> {
  const read = lineReader(file);
  const written = fs.statSync(file.path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const dated = (lines: readonly (readonly [line: string, at?: number | undefined])[]): LogLine[] => {
    const known = lines.map(([line, at]) => { const r = read(line); return { ...r, at: r.at ?? at }; });
    // A line without a date belongs to the one above, or below where that was cut off.
    let at = known.find((r) => r.at !== undefined)?.at;
    return known.map((r) => {
      at = r.at ?? at;
      return { id: file.id, name: file.name, stream: file.stream, text: r.text.slice(0, LONGEST), ...(at !== undefined && { at: Math.round(at) }) };
    });
  };
  if (wish.since === undefined && wish.until === undefined && !wish.match) {
    const lines = await tailLines(file.path, wish.lines + 1);
    return { lines: dated(lines.map((l) => [l])).slice(-wish.lines), more: lines.length > wish.lines, written };
  }
  const parse = lineDateParser(file.date);
  let kept: (readonly [line: string, at: number | undefined])[] = [];
  let more = false;
  let at: number | undefined;
  let n = 0;
  for await (const line of linesSince(file.path, wish.since ?? 0, parse)) {
    if ((++n & 1023) === 0 && over()) { more = true; break; }
    at = parse(line) ?? at;
    if (wish.until !== undefined && at !== undefined && at > wish.until) break;
    if (wish.match && !wish.match(line)) continue;
    kept.push([line, at]);
    if (kept.length > wish.lines * 2 + 64) { kept = kept.slice(-wish.lines); more = true; }
  }
  return { lines: dated(kept.slice(-wish.lines)), more: more || kept.length > wish.lines, written };
}

/** Plain text: a pattern of a stranger's making could keep us busy for ever. Small letters match capitals. */
export function matcher(grep: string): (line: string) => boolean {
  if (grep !== grep.toLowerCase()) return (line) => line.includes(grep);
  return (line) => line.toLowerCase().includes(grep);
}

/** Each file once: instances and streams may share one. */
function readable(files: readonly LogFile[], stream: 'out' | 'err' | undefined): Readable[] {
  const seen = new Set<string>();
  return files.flatMap((f) => {
    if (f.stream === 'all' || (stream !== undefined && f.stream !== stream) || seen.has(f.path)) return [];
    seen.add(f.path);
    return [{ ...f, stream: f.stream }];
  });
}
