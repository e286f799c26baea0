import fs from 'node:fs';
import { NL } from './lines.js';
import { rotatedOf } from './rotate.js';
import { plainLines } from './search.js';

/**
 * The last `n` lines of a log, oldest first, without their newlines; goes on into rotated files when the present one is
 * too young. Reads backwards in blocks, so a file of many GB costs what its last lines cost; lines come whole up to
 * 64 MB in all. A path that does not exist gives what its rotated files have. Other errors of the system are thrown.
 */
export async function tailLines(file: string, n: number): Promise<string[]> {
  if (n <= 0) return [];
  let lines = await tailOf(file, n);
  if (lines.length >= n) return lines;
  const real = await call<string>((done) => { fs.realpath(file, done); }).catch(() => file); // gone: its rotated files lie by the name itself
  for (const older of (await rotatedOf(real)).toReversed()) {
    const wanted = n - lines.length;
    lines = [...(older.gz ? await tailOfGzip(older.path, wanted) : await tailOf(older.path, wanted)), ...lines];
    if (lines.length >= n) break;
  }
  return lines;
}

const BLOCK = 64 * 1024;
const MOST = 64 * 1024 * 1024;

async function tailOf(file: string, n: number): Promise<string[]> {
  const fd = await open(file);
  if (fd === undefined) return [];
  try {
    const st = await call<fs.Stats>((done) => { fs.fstat(fd, done); });
    // A FIFO or a device has no past.
    if (!st.isFile()) return [];
    const blocks: Buffer[] = [];
    let at = st.size;
    let found = 0;
    let bytes = 0;
    while (at > 0 && found <= n && bytes < MOST) {
      const from = Math.max(0, at - BLOCK);
      const block = await readAt(fd, from, at - from);
      if (block.length < at - from) break; // truncated while we read
      blocks.unshift(block);
      bytes += block.length;
      // The newline at the very end ends the last line; it does not begin another.
      for (let i = at === st.size ? block.length - 2 : block.length - 1; i >= 0; i--) if (block[i] === NL) found++;
      at = from;
    }
    const text = Buffer.concat(blocks).toString('utf8');
    if (text === '') return [];
    const lines = (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
    return lines.slice(-n);
  } finally {
    fs.closeSync(fd);
  }
}

async function readAt(fd: number, from: number, length: number): Promise<Buffer> {
  const buf = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const got = await call<number>((then) => { fs.read(fd, buf, done, length - done, from + done, then); });
    if (got === 0) break;
    done += got;
  }
  return buf.subarray(0, done);
}

async function tailOfGzip(file: string, n: number): Promise<string[]> {
  // Compressed data cannot be read backwards; a ring keeps what may be the end.
  const ring: string[] = [];
  for await (const batch of plainLines(file)) {
    for (const line of batch) ring.push(line);
    if (ring.length > n * 2 + 64) ring.splice(0, ring.length - n);
  }
  return ring.slice(-n);
}

async function open(file: string): Promise<number | undefined> {
  try {
    return await call<number>((done) => { fs.open(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK, done); });
  } catch (e) {
    if (e instanceof Error && 'code' in e && e.code === 'ENOENT') return undefined;
    throw e;
  }
}

// Loading fs.promises takes longer than reading the last lines of a log.
function call<T>(begin: (done: (error: Error | null, result: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => { begin((error, result) => { if (error) reject(error); else resolve(result); }); });
}
