import { isUtf8 } from 'node:buffer';
import { stamper } from './dates.js';
import { Carry, EMPTY, LONGEST_LINE, NEWLINE, NL, endsLine } from './lines.js';

/**
 * Turns a stream's bytes into the bytes of its file. What comes back may be a view of a scratch buffer shared by all
 * formatters: it is written before anything else is fed.
 */
export interface Formatter {
  /** The formatted bytes; may end inside a line (raw and dated), may be empty (json waits for the whole line). */
  feed(chunk: Buffer): Buffer;
  /** What ends an unfinished line. Empty when there is none. */
  end(): Buffer;
  /** A line of our own, whole, in this format. */
  note(text: string): Buffer;
  /** The file already holds the head of the line which the next bytes continue (a daemon took over in mid-line). */
  resumeInLine(): void;
}

export interface Format {
  readonly id: number;
  readonly name: string;
  readonly type: 'raw' | 'json';
  /** dayjs format; empty = no date (raw), ISO 8601 (json). */
  readonly date: string;
}

export function formatter(format: Format, stream: 'out' | 'err', wall: () => number): Formatter {
  if (format.type === 'json') return new JsonLines(format, stream, wall);
  return format.date === '' ? new Raw() : new Dated(format.date, wall);
}

/** Bytes as they came. */
class Raw implements Formatter {
  #inLine = false;

  feed(chunk: Buffer): Buffer {
    this.#inLine = !endsLine(chunk);
    return chunk;
  }

  end(): Buffer {
    const open = this.#inLine;
    this.#inLine = false;
    return open ? NEWLINE : EMPTY;
  }

  note(text: string): Buffer { return Buffer.from(`${text}\n`); }
  resumeInLine(): void { this.#inLine = true; }
}

/**
 * `<date>: <line>`. As latin1, one character is one byte: nothing is decoded, so any bytes pass unchanged, and V8's
 * replaceAll stamps a whole chunk in one pass (1 GB/s; a loop over lines in JS reaches half of it at best).
 */
class Dated implements Formatter {
  readonly #stamp: () => string;
  #inLine = false;

  constructor(date: string, wall: () => number) {
    const text = stamper(date, wall);
    // A format may hold any text, e.g. Cyrillic month names: its UTF-8 bytes, spelled in latin1.
    let last = '';
    let bytes = '';
    this.#stamp = () => {
      const now = text();
      if (now !== last) { last = now; bytes = Buffer.from(`${now}: `).toString('latin1'); }
      return bytes;
    };
  }

  feed(chunk: Buffer): Buffer {
    if (chunk.length === 0) return EMPTY;
    const stamp = this.#stamp();
    const whole = endsLine(chunk);
    const body = chunk.toString('latin1', 0, whole ? chunk.length - 1 : chunk.length);
    // `$` has a meaning in a replacement.
    const between = `\n${stamp.includes('$') ? stamp.replaceAll('$', '$$$$') : stamp}`;
    const text = `${this.#inLine ? '' : stamp}${body.replaceAll('\n', between)}${whole ? '\n' : ''}`;
    this.#inLine = !whole;
    return inScratch(text, 'latin1');
  }

  end(): Buffer {
    const open = this.#inLine;
    this.#inLine = false;
    return open ? NEWLINE : EMPTY;
  }

  note(text: string): Buffer { return Buffer.from(`${this.#stamp()}${Buffer.from(text).toString('latin1')}\n`, 'latin1'); }
  resumeInLine(): void { this.#inLine = true; }
}

/** One JSON object per line. A line over LONGEST_LINE becomes several records. */
class JsonLines implements Formatter {
  readonly #head = '{"message":';
  readonly #tail: string;
  readonly #time: () => string;
  readonly #carry = new Carry();

  constructor(format: Format, stream: 'out' | 'err', wall: () => number) {
    this.#time = format.date === '' ? () => new Date(wall()).toISOString() : stamper(format.date, wall);
    this.#tail = `,"type":"${stream}","process_id":${format.id},"app_name":${JSON.stringify(format.name)}}\n`;
  }

  feed(chunk: Buffer): Buffer {
    const end = chunk.lastIndexOf(NL) + 1;
    if (end === 0) {
      this.#carry.append(chunk);
      return this.#carry.length < LONGEST_LINE ? EMPTY : this.#records(this.#carry.take());
    }
    let whole = chunk.subarray(0, end);
    if (this.#carry.length > 0) {
      this.#carry.append(whole);
      whole = this.#carry.take();
    }
    const out = this.#records(whole.subarray(0, -1));
    if (end < chunk.length) this.#carry.append(chunk.subarray(end));
    return out;
  }

  end(): Buffer { return this.#carry.length === 0 ? EMPTY : this.#records(this.#carry.take()); }
  note(text: string): Buffer { return Buffer.from(this.#record(text, this.#rest())); }
  resumeInLine(): void { /* a record is written whole or not at all */ }

  /** Lines without their last newline -> records. */
  #records(lines: Buffer): Buffer {
    const rest = this.#rest();
    let text = '';
    const valid = isUtf8(lines);
    if (valid && !lines.includes(BACKSLASH)) {
      // One pass for the whole chunk (twice as fast): without a backslash in the text, every `\\n` in the JSON is a newline.
      const all = JSON.stringify(lines.toString('utf8'));
      const between = `"${rest}${this.#head}"`;
      text = `${this.#head}${all.replaceAll('\\n', between.includes('$') ? between.replaceAll('$', '$$$$') : between)}${rest}`;
    } else if (valid) {
      for (const line of lines.toString('utf8').split('\n')) text += this.#record(line, rest);
    } else {
      for (let at = 0; at <= lines.length;) {
        const nl = lines.indexOf(NL, at);
        const line = lines.subarray(at, nl < 0 ? lines.length : nl);
        text += this.#record(line.toString('utf8'), isUtf8(line) ? rest : `,"message_base64":"${line.toString('base64')}"${rest}`);
        at = nl < 0 ? lines.length + 1 : nl + 1;
      }
    }
    return inScratch(text, 'utf8');
  }

  #record(message: string, rest: string): string { return this.#head + JSON.stringify(message) + rest; }
  #rest(): string { return `,"timestamp":${JSON.stringify(this.#time())}${this.#tail}`; }
}

const BACKSLASH = 0x5c;
const SCRATCH_SIZE = 256 * 1024;
let scratch: Buffer | undefined;

// Writing into one buffer for good spares an allocation per chunk, which V8 sees late (it lies outside its heap).
function inScratch(text: string, encoding: 'latin1' | 'utf8'): Buffer {
  const size = encoding === 'latin1' ? text.length : Buffer.byteLength(text);
  // Plain ASCII is the same in both, and latin1 is a mere copy.
  const how = size === text.length ? 'latin1' : encoding;
  if (size > SCRATCH_SIZE) return Buffer.from(text, how);
  scratch ??= Buffer.allocUnsafeSlow(SCRATCH_SIZE);
  return scratch.subarray(0, scratch.write(text, 0, how));
}
