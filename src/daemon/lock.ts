/**
 * One daemon per home. The lock is a file that says who holds it (pid, kernel start time, boot, a nonce) and comes into
 * being whole, by link(2). A lock whose owner is dead is stale and is removed by exactly one of those who want it:
 * the right to remove the lock with nonce N is the file `<lock>.take.N.0`, also made by link(2); if its maker died
 * too, the right is `….1`, and so on. Whoever has the right looks again: only while the lock still carries N is it
 * removed, and a nonce never comes back, so latecomers with old news do no harm. After the removal all race for
 * the fresh lock as if there had been none.
 */
import fs from 'node:fs';
import path from 'node:path';
import { errno } from '../base/errors.js';
import { randomHex } from '../base/random.js';
import { alive } from '../base/proc.js';

export interface Identity {
  readonly pid: number;
  /** base/proc startTime; '' = unknown. */
  readonly start: string;
  /** base/proc bootId; '' = unknown. */
  readonly boot: string;
}

export interface Lock {
  /** Gives the lock back. Harmless when it is no longer ours. */
  release(): void;
}

/** Blocks for milliseconds at most while another clears a stale lock; 2 s when that one is stopped in the middle. */
export function acquire(lockPath: string, me: Identity): Lock | { readonly heldBy: number } {
  const nonce = randomHex(8);
  const mine = `${lockPath}.new.${me.pid}.${nonce}`;
  fs.writeFileSync(mine, JSON.stringify({ ...me, nonce }), { flag: 'wx', mode: 0o600 });
  try {
    for (let tries = 0; ; tries++) {
      if (linked(mine, lockPath)) {
        sweep(lockPath, me);
        return { release: () => release(lockPath, nonce) };
      }
      const owner = read(lockPath);
      if (owner === undefined) continue; // just released
      if (lives(owner, me)) return { heldBy: owner.pid };
      const rival = clear(lockPath, owner, mine, me);
      if (rival === undefined) continue;
      if (tries >= 1000) return { heldBy: rival };
      pause(2);
    }
  } finally {
    fs.rmSync(mine, { force: true });
  }
}

interface Owner extends Identity { readonly nonce: string }

// Removes the stale lock, or gives the pid of the living one who is about to.
function clear(lockPath: string, stale: Owner, mine: string, me: Identity): number | undefined {
  for (let k = 0; ; k++) {
    const take = `${lockPath}.take.${stale.nonce}.${k}`;
    if (linked(mine, take)) {
      if (read(lockPath)?.nonce === stale.nonce) fs.rmSync(lockPath, { force: true });
      fs.rmSync(take, { force: true });
      return undefined;
    }
    const rival = read(take);
    if (rival === undefined) return undefined; // done, or given up: look at the lock again
    if (lives(rival, me)) return rival.pid;
  }
}

function linked(from: string, to: string): boolean {
  try {
    fs.linkSync(from, to);
    return true;
  } catch (e) {
    if (errno(e) === 'EEXIST') return false;
    throw e;
  }
}

function lives(who: Identity, me: Identity): boolean {
  if (who.boot !== '' && me.boot !== '' && who.boot !== me.boot) return false;
  return alive(who.pid, who.start);
}

// What cannot be read as a lock (emptied by a power cut) is a dead owner's, told apart by its inode and time.
function read(file: string): Owner | undefined {
  let text: string;
  let torn: string;
  try {
    const fd = fs.openSync(file, 'r');
    try {
      const s = fs.fstatSync(fd, { bigint: true });
      torn = `torn-${s.ino}-${s.mtimeNs}`;
      text = fs.readFileSync(fd, 'utf8');
    } finally {
      fs.closeSync(fd);
    }
  } catch (e) {
    if (errno(e) === 'ENOENT') return undefined;
    throw e;
  }
  return parse(text) ?? { pid: 0, start: '', boot: '', nonce: torn };
}

function parse(text: string): Owner | undefined {
  try {
    const o = JSON.parse(text) as Partial<Owner> | null;
    if (!o || typeof o.pid !== 'number' || typeof o.start !== 'string' || typeof o.boot !== 'string') return undefined;
    return typeof o.nonce === 'string' && /^[0-9a-f]{16}$/.test(o.nonce) ? (o as Owner) : undefined;
  } catch {
    return undefined; // torn: see read
  }
}

function release(lockPath: string, nonce: string): void {
  if (read(lockPath)?.nonce === nonce) fs.rmSync(lockPath, { force: true });
}

// What the killed left behind. Rights over other nonces are void now; a living rival's candidate file stays.
function sweep(lockPath: string, me: Identity): void {
  const dir = path.dirname(lockPath);
  const base = path.basename(lockPath);
  for (const name of fs.readdirSync(dir)) {
    const pid = name.startsWith(`${base}.new.`) ? Number(name.split('.').at(-2)) : undefined;
    const left = pid === undefined ? name.startsWith(`${base}.take.`) : pid !== me.pid && !alive(pid);
    if (left) fs.rmSync(path.join(dir, name), { force: true });
  }
}

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
