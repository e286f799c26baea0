/** Entry of `mgr`: the only file here that knows the process. It sets the exit status; everything else returns. */
import fs from 'node:fs';
import path from 'node:path';
import { isClosedPipe, runCli } from './run.js';
import { errno } from '../base/errors.js';
import { systemWorld } from './system.js';
import type { Sink } from './output.js';

void main();

async function main(): Promise<void> {
  let status = 1;
  try {
    status = await runCli(systemWorld({ stdout: sink(1), stderr: sink(2), dist: path.dirname(__filename) }));
  } catch (e) {
    if (!isClosedPipe(e)) throw e;
    status = 0;
  }
  // Every write was synchronous, so nothing is lost; waiting for the loop to run dry would cost time.
  process.exit(status);
}

// process.stdout would cost a millisecond to build and is asynchronous for pipes on some systems.
function sink(fd: 1 | 2): Sink {
  const isTerminal = isTty(fd);
  return {
    tty: isTerminal,
    columns: () => (isTerminal ? (fd === 1 ? process.stdout : process.stderr).columns : undefined),
    write: (text) => writeAll(fd, text),
  };
}

// node:tty costs half a millisecond, which a pipe or a file need not pay: a terminal is a character device.
function isTty(fd: 1 | 2): boolean {
  try {
    return fs.fstatSync(fd).isCharacterDevice() && process.getBuiltinModule('node:tty').isatty(fd);
  } catch {
    return false; // closed by whoever started us
  }
}

function writeAll(fd: number, text: string): void {
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(fs.writeSync(fd, rest));
    } catch (e) {
      // A pipe that another program made non-blocking is full: wait for its reader.
      if (errno(e) !== 'EAGAIN') throw e;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    }
  }
}
