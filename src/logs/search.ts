import fs from 'node:fs';
import type { Readable } from 'node:stream';
import { errno } from '../base/errors.js';
import { lineDateParser } from './dates.js';
import { Carry, LONGEST_LINE, NL } from './lines.js';
import { rotatedOf } from './rotate.js';

export { lineDateParser } from './dates.js';

/**
 * The lines of a log and its rotated files since a moment, oldest first. A line's time is what `parseDate` reads in it;
 * a line without a time belongs to the one above it. In a file without any times all lines count, provided that the
 * file was written to since (its mtime). `end`: bytes of the present file that count. One block of lines at a time is in memory.
 */
export async function* linesSince(
  file: string, sinceMs: number, parseDate: (line: string) => number | undefined = lineDateParser(), end = Number.POSITIVE_INFINITY,
): AsyncGenerator<string> {
  const real = await fs.promises.realpath(file).catch(() => file); // gone: its rotated files lie by the name itself
  for (const listed of [...(await rotatedOf(real)).map((r) => r.path), real]) {
    let path = listed;
    let st = await fs.promises.stat(path).catch(missing);
    // Compressed since it was listed.
    if (st === undefined) st = await fs.promises.stat(path = `${listed}.gz`).catch(missing);
    if (st === undefined || !st.isFile() || st.mtimeMs < sinceMs) continue;
    const from = path.endsWith('.gz') ? 0 : await firstOffset(path, st.size, sinceMs, parseDate);
    let last: number | undefined;
    if (path === real && from >= end) continue;
    for await (const batch of plainLines(path, from, path === real ? end : undefined)) {
      for (const line of batch) {
        last = parseDate(line) ?? last;
        if (last === undefined || last >= sinceMs) yield line;
      }
    }
  }
}

/** Keeps the lines that match. */
export async function* grep(lines: AsyncIterable<string> | Iterable<string>, pattern: RegExp): AsyncGenerator<string> {
  const match = lineMatcher(pattern);
  for await (const line of lines) if (match(line)) yield line;
}

/** A test for one line; a `g` or `y` flag, which would make each answer depend on the one before, is left out. */
export function lineMatcher(pattern: RegExp): (line: string) => boolean {
  const re = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''));
  return (line) => re.test(line);
}

/** The lines of a file (`.gz`: unpacked) from a byte offset on, in batches of a block; the last one also without a newline. */
export async function* plainLines(file: string, start = 0, end = Number.POSITIVE_INFINITY): AsyncGenerator<string[]> {
  const source = fs.createReadStream(file, { start, end: end - 1 });
  const bytes: Readable = file.endsWith('.gz') ? source.pipe(process.getBuiltinModule('node:zlib').createGunzip()) : source;
  // pipe does not carry an error over; without this a broken file would wait for ever.
  if (bytes !== source) source.on('error', (e) => bytes.destroy(e));
  const carry = new Carry();
  try {
    for await (const chunk of bytes as AsyncIterable<Buffer>) {
      const end = chunk.lastIndexOf(NL);
      if (end >= 0) {
        carry.append(chunk.subarray(0, end));
        yield carry.take().toString('utf8').split('\n');
      }
      if (end + 1 < chunk.length) carry.append(chunk.subarray(end + 1));
      if (carry.length >= LONGEST_LINE) yield [carry.take().toString('utf8')];
    }
    if (carry.length > 0) yield [carry.take().toString('utf8')];
  } finally {
    source.destroy();
  }
}

const PROBE = 64 * 1024;

/** Halves the file until the first line of the wanted time is near: `--since 10m` of 1 GB must not read 1 GB. */
async function firstOffset(file: string, size: number, sinceMs: number, parseDate: (line: string) => number | undefined): Promise<number> {
  let low = 0;
  let high = size;
  const handle = await fs.promises.open(file).catch(missing);
  if (handle === undefined) return 0;
  try {
    while (high - low > PROBE * 2) {
      const middle = Math.floor((low + high) / 2);
      const found = await firstDated(handle, middle, parseDate);
      // No times (or very long lines) here: the plain way from what is known.
      if (found === undefined) break;
      if (found.time < sinceMs) low = found.offset;
      else high = middle;
    }
  } finally {
    await handle.close();
  }
  return low;
}

async function firstDated(
  handle: fs.promises.FileHandle, from: number, parseDate: (line: string) => number | undefined,
): Promise<{ time: number; offset: number } | undefined> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(PROBE), 0, PROBE, from);
  // The first piece is the rest of a line, the last one may be cut.
  let at = buffer.indexOf(NL) + 1;
  if (at === 0) return undefined;
  for (let nl = buffer.indexOf(NL, at); nl >= 0 && nl < bytesRead; nl = buffer.indexOf(NL, at)) {
    const time = parseDate(buffer.toString('utf8', at, nl));
    if (time !== undefined) return { time, offset: from + at };
    at = nl + 1;
  }
  return undefined;
}

function missing(e: unknown): undefined {
  if (errno(e) === 'ENOENT') return undefined;
  throw e;
}
