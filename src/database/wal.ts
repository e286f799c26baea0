import fs from 'node:fs';
import { errno } from '../base/errors.js';

export interface Damage {
  readonly text: string;
  /** False: a full disk, or a process that was killed at the one wrong moment, leaves the same. */
  readonly sure: boolean;
}

/**
 * What is wrong with a write-ahead file (`<file>-wal`), or undefined. SQLite takes it up to the first frame that does not
 * hold and says nothing of the rest; this tells a damaged rest from what is ordinary: frames of an earlier round, or those of a
 * transaction whose process was killed. Format: https://www.sqlite.org/fileformat2.html#walformat.
 * A file cut exactly behind a transaction cannot be told from a whole one.
 */
export function damageOf(wal: string): Damage | undefined {
  let data: Buffer;
  try {
    // A writer may add to it meanwhile: whoever finds damage here asks again under the writer's lock.
    if (fs.statSync(wal).size > LARGEST) return undefined;
    data = fs.readFileSync(wal);
  } catch (e) {
    if (errno(e) === 'ENOENT') return undefined;
    throw e;
  }
  if (data.length < HEAD) return undefined;
  const magic = data.readUInt32BE(0);
  const sum = new Sum(magic === BIG);
  sum.add(data, 0, 24);
  if ((magic !== BIG && magic !== LITTLE) || !sum.is(data, 24)) return { text: 'its head is damaged, nothing of it could be taken', sure: true };
  const size = data.readUInt32BE(8);
  const step = FRAME + (size === 1 ? 65_536 : size);
  const salt = data.readUInt32BE(16);
  const pepper = data.readUInt32BE(20);
  const frames = Math.floor((data.length - HEAD) / step);
  for (let i = 0; i < frames; i++) {
    const at = HEAD + i * step;
    const same = data.readUInt32BE(at + 8) === salt && data.readUInt32BE(at + 12) === pepper;
    if (same) {
      sum.add(data, at, 8);
      sum.add(data, at + FRAME, step - FRAME);
      if (sum.is(data, at + 16)) continue;
    }
    if (earlier(data, same ? at + step : at, step, salt)) {
      if (!same) return undefined;
      // SQLite writes the head of a frame, then its page. Only the last frame of a transaction has the size of the file in it.
      if (data.readUInt32BE(at + 4) === 0) return undefined;
      return { text: 'its last transaction does not hold: its process was ended while it wrote, or it is damaged; all before it is there', sure: false };
    }
    return { text: `frame ${i + 1} of ${frames} does not hold; what was written before it is there, what came after is not`, sure: true };
  }
  const rest = (data.length - HEAD) % step;
  return rest === 0 || rest === FRAME ? undefined : { text: `it ends within frame ${frames + 1}: a write was cut off (full disk, ended process), or it is damaged; all before it is there`, sure: false };
}

const HEAD = 32;
const FRAME = 24;
const LITTLE = 0x377f0682;
const BIG = 0x377f0683;
const LARGEST = 64 * 1024 * 1024;
const ROUNDS = 1_000_000;

// All frames from there on are left from earlier rounds: the salt grows by one with each, so that theirs are a little less.
function earlier(data: Buffer, from: number, step: number, salt: number): boolean {
  for (let at = from; at + step <= data.length; at += step) {
    const behind = (salt - data.readUInt32BE(at + 8)) >>> 0;
    if (behind === 0 || behind > ROUNDS) return false;
  }
  return true;
}

/** The running checksum of the format. */
class Sum {
  readonly #big: boolean;
  #a = 0;
  #b = 0;

  constructor(big: boolean) { this.#big = big; }

  add(data: Buffer, from: number, length: number): void {
    let a = this.#a;
    let b = this.#b;
    for (let at = from; at < from + length; at += 8) {
      a = (a + (this.#big ? data.readUInt32BE(at) : data.readUInt32LE(at)) + b) >>> 0;
      b = (b + (this.#big ? data.readUInt32BE(at + 4) : data.readUInt32LE(at + 4)) + a) >>> 0;
    }
    this.#a = a;
    this.#b = b;
  }

  is(data: Buffer, at: number): boolean { return data.readUInt32BE(at) === this.#a && data.readUInt32BE(at + 4) === this.#b; }
}
