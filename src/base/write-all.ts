import fs from 'node:fs';
import { errno } from './thrown.js';

/**
 * Writes all of a text before it returns. A pipe that somebody made non-blocking (Node does, at the first `console.log`) and
 * that is full is waited for, at most `ms`. Gives what was not taken by then: nothing without a limit. Throws EPIPE and the like.
 */
export function writeAll(fd: number, text: string, ms = Infinity): Buffer {
  let rest = Buffer.from(text);
  for (let waited = 0; rest.length > 0;) {
    try {
      rest = rest.subarray(fs.writeSync(fd, rest));
    } catch (e) {
      if (errno(e) !== 'EAGAIN') throw e;
      if (waited >= ms) break;
      waited += PAUSE;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE);
    }
  }
  return rest;
}

/** ms. */
const PAUSE = 2;
