import fs from 'node:fs';
import { writeAll } from '../base/write-all.js';
import type { Sink } from './output.js';

/** Standard output or error of this process. Writes are synchronous; EPIPE is thrown. */
export function sink(fd: 1 | 2): Sink {
  const isTerminal = isTty(fd);
  return {
    tty: isTerminal,
    // process.stdout would cost a millisecond to build and is asynchronous for pipes on some systems.
    columns: () => (isTerminal ? (fd === 1 ? process.stdout : process.stderr).columns : undefined),
    write: (text) => { writeAll(fd, text); },
  };
}

// node:tty costs half a millisecond, which a pipe, a file and /dev/null (1:3 on Linux) need not pay: a terminal is a character device.
function isTty(fd: 1 | 2): boolean {
  try {
    const found = fs.fstatSync(fd);
    return found.isCharacterDevice() && found.rdev !== 0x103 && process.getBuiltinModule('node:tty').isatty(fd);
  } catch {
    return false; // closed by whoever started us
  }
}
