import fs from 'node:fs';
import { EMPTY, NL } from './lines.js';

/** The byte a file of this size ends with; undefined: it has become shorter. */
export function lastByte(file: string, size: number): number | undefined {
  return reading(file, (fd) => {
    const one = Buffer.alloc(1);
    return fs.readSync(fd, one, 0, 1, size - 1) === 1 ? one[0] : NL;
  }) ?? NL; // write-only for us: taken as ended, the worst is one merged line
}

/** What stands after the last newline of a file, up to 1 MB; empty when there is more, or when it cannot be read. */
export function lastLine(file: string): Buffer {
  return reading(file, (fd) => {
    const { size } = fs.fstatSync(fd);
    for (let want = BLOCK; ; want *= 4) {
      const from = Math.max(0, size - want);
      const block = Buffer.allocUnsafeSlow(size - from);
      const got = block.subarray(0, fs.readSync(fd, block, 0, block.length, from));
      const nl = got.lastIndexOf(NL);
      if (nl >= 0 || from === 0) return got.subarray(nl + 1);
      if (want >= MOST) return EMPTY;
    }
  }) ?? EMPTY;
}

const BLOCK = 16 * 1024;
const MOST = 1024 * 1024;

function reading<T>(file: string, read: (fd: number) => T): T | undefined {
  try {
    const fd = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    try {
      return read(fd);
    } finally {
      fs.closeSync(fd);
    }
  } catch {
    return undefined; // gone, or not ours to read: callers say what counts then
  }
}
