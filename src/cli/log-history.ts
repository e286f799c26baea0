import fs from 'node:fs';
import { errno } from '../base/errors.js';
import type { LogFile } from '../protocol/views.js';
import type { LogWish } from './log-wish.js';

export type ReadFile = LogFile & { readonly stream: 'out' | 'err' };

/** Bytes at the end of a file that are looked at first: they hold the last lines of nearly every log. */
const GLANCE = 256 * 1024;
/** Lines kept for the seam. */
const DEPTH = 1000;
const NL = 10;

/**
 * Shows the end of one log file (or what --since and --grep ask for) line by line. Answers the last lines that were read,
 * for the seam; what was read is not younger than the moment of the answer. A file that does not exist is empty.
 */
export async function showHistory(file: ReadFile, wish: LogWish, show: (text: string) => void): Promise<readonly string[]> {
  if (wish.since !== undefined || wish.grep !== undefined) return search(file, wish, show);
  const { lines: near, part } = glance(file.path);
  // The present file has them all, or there is nothing to ask its rotated files for.
  const tail = near.length >= wish.lines ? near : upTo(await older(file.path, wish.lines), near.at(-1));
  // A follower will get that line whole.
  const shown = wish.follow || part === '' ? tail : [...tail, part];
  if (wish.lines > 0) for (const text of shown.slice(-wish.lines)) show(text);
  return tail;
}

/** The last lines of the present file, at once and without its rotated ones; `part`: the line that is not finished yet, `end`: the byte it begins at. */
export function glance(path: string): { readonly lines: readonly string[]; readonly part: string; readonly end: number } {
  let fd: number;
  try {
    fd = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  } catch (e) {
    // Not written yet, or taken away by a rotation this instant.
    if (errno(e) === 'ENOENT') return { lines: [], part: '', end: 0 };
    throw e;
  }
  try {
    const stat = fs.fstatSync(fd);
    if (!stat.isFile()) return { lines: [], part: '', end: 0 };
    const from = Math.max(0, stat.size - GLANCE);
    const buffer = Buffer.allocUnsafe(stat.size - from);
    const got = buffer.subarray(0, fs.readSync(fd, buffer, 0, buffer.length, from));
    const end = from + got.lastIndexOf(NL) + 1;
    const text = got.toString('utf8');
    const lines = text.split('\n');
    const part = lines.pop() ?? '';
    // The first piece is the rest of a line that began before.
    if (from > 0) lines.shift();
    return { lines, part, end };
  } finally {
    fs.closeSync(fd);
  }
}

/** The files to read, each once (instances may share one), the latest written last as PM2 orders them. */
export function filesToRead(files: readonly LogFile[], streams: readonly string[]): ReadFile[] {
  const seen = new Set<string>();
  const mine: { readonly file: ReadFile; readonly at: number }[] = [];
  for (const f of files) {
    if (f.stream === 'all' || !streams.includes(f.stream) || seen.has(f.path)) continue;
    seen.add(f.path);
    mine.push({ file: { ...f, stream: f.stream }, at: fs.statSync(f.path, { throwIfNoEntry: false })?.mtimeMs ?? 0 });
  }
  return mine.sort((a, b) => a.at - b.at).map(({ file }) => file);
}

/** Without what was written after this line: the last of it may be unfinished. */
export function upTo(lines: readonly string[], last: string | undefined): readonly string[] {
  const at = last === undefined ? -1 : lines.lastIndexOf(last);
  return at < 0 ? lines : lines.slice(0, at + 1);
}

/** The last lines also of its rotated files. */
export async function older(path: string, lines: number): Promise<readonly string[]> {
  const { tailLines } = await import('../logs/tail.js');
  return tailLines(path, lines);
}

// --since shows everything since; --grep alone the last matching lines; --lines bounds both.
async function search(file: ReadFile, wish: LogWish, show: (text: string) => void): Promise<readonly string[]> {
  const { lineDateParser, lineMatcher, linesSince } = await import('../logs/search.js');
  const match = wish.grep ? lineMatcher(wish.grep) : () => true;
  const most = wish.since === undefined || wish.bounded ? wish.lines : Number.POSITIVE_INFINITY;
  const kept = new Ring(most === Number.POSITIVE_INFINITY ? 0 : most);
  const tail = new Ring(DEPTH);
  const take = (line: string): void => {
    tail.add(line);
    if (!match(line)) return;
    if (most === Number.POSITIVE_INFINITY) show(line);
    else kept.add(line);
  };
  // A follower will get the unfinished line whole.
  const end = wish.follow ? glance(file.path).end : undefined;
  for await (const line of linesSince(file.path, wish.since ?? 0, lineDateParser(file.date), end)) take(line);
  for (const line of kept.last()) show(line);
  return tail.last();
}

/** The last so many of a long row. */
class Ring {
  readonly #most: number;
  #lines: string[] = [];

  constructor(most: number) { this.#most = most; }

  add(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > this.#most * 2 + 64) this.#lines = this.last();
  }

  last(): string[] {
    return this.#most === 0 ? [] : this.#lines.slice(-this.#most);
  }
}
