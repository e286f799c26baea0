/**
 * The standard input of a program: a FIFO of its own, which it holds open at both ends itself. So it never sees an end
 * of file, whatever becomes of the daemon, and whoever knows the name may say something: the daemon opens it for a
 * line and closes it again.
 */
import fs from 'node:fs';
import { systemClock } from '../../base/clock.js';
import { MgrError, errno } from '../../base/errors.js';

/** ms a program is given to read on when its pipe is full (64 KiB on Linux). */
const PATIENCE = 2000;
const AGAIN = 5;

/**
 * Writes `text` as it is. Resolves when the pipe has taken all of it. Throws NO_STDIN (with what was taken) when
 * nobody holds the other end, or when the pipe stays full.
 */
export async function writeStdin(name: string, fifo: string | undefined, text: string): Promise<void> {
  const fd = fifo === undefined ? undefined : openEnd(fifo);
  if (fd === undefined) throw new MgrError('NO_STDIN', { name, reason: 'it has none' });
  try {
    const bytes = Buffer.from(text);
    const until = systemClock.now() + PATIENCE;
    for (let at = 0; at < bytes.length;) {
      const taken = writeSome(name, fd, bytes, at);
      at += taken;
      if (taken > 0) continue;
      if (systemClock.now() > until) throw new MgrError('NO_STDIN', { name, reason: `it does not read: ${at} of ${bytes.length} bytes were taken` });
      await new Promise<void>((resolve) => { systemClock.after(AGAIN, resolve); });
    }
  } finally {
    fs.closeSync(fd);
  }
}

/** Does anybody, a grandchild perhaps, still hold this FIFO? If nobody does, what was in it is gone too. */
export function isHeld(fifo: string): boolean {
  const fd = openEnd(fifo);
  if (fd === undefined) return false;
  fs.closeSync(fd);
  return true;
}

/** Undefined: nobody holds the reading end, or the file is gone. */
function openEnd(fifo: string): number | undefined {
  try {
    return fs.openSync(fifo, fs.constants.O_WRONLY | fs.constants.O_NONBLOCK);
  } catch (e) {
    if (errno(e) === 'ENXIO' || errno(e) === 'ENOENT') return undefined;
    throw e;
  }
}

function writeSome(name: string, fd: number, bytes: Buffer, at: number): number {
  try {
    return fs.writeSync(fd, bytes, at);
  } catch (e) {
    if (errno(e) === 'EAGAIN') return 0;
    if (errno(e) === 'EPIPE') throw new MgrError('NO_STDIN', { name, reason: 'it has just closed it' }, e);
    throw e;
  }
}
