import fs from 'node:fs';
import net from 'node:net';
import { systemClock, type Clock } from '../base/clock.js';
import { errno } from '../base/errors.js';

export interface IntakeHandler {
  /** A view of a buffer shared by all intakes: valid during the call only. False pauses until `resume`. */
  onData(chunk: Buffer): boolean;
  /** The descriptor into which the next bytes may be written at once, before `onData` could; -1 or absent: none. */
  directFd?(): number;
  /** These bytes were written there. */
  wroteDirect?(chunk: Buffer): void;
  /** Every write end is closed (and one had been open). The intake is closed. */
  onEnd(): void;
  onError(e: unknown): void;
}

/**
 * The reading end of one FIFO.
 *
 * Theory of operation. Bytes that were read and not yet written are lost when the daemon is SIGKILLed, so the number of
 * reads is the size of that hole. Three modes:
 * - event: the event loop reads as bytes come, and they are handed on (written) in the same call. A line after quiet
 *   is seen at once; in a burst the loop reads as fast as it can.
 * - batch: several small chunks close together switch to it. The loop's reading is off, the kernel's pipe collects,
 *   and every 40 ms everything is read synchronously: 1,000 lines a second cost 25 reads instead of 1,000.
 * - paused: nothing is read, the pipe fills, and the program waits in its write: back-pressure without memory of ours.
 * Every chunk passes through one shared buffer: no memory per stream, no garbage.
 */
export class Intake {
  readonly #path: string;
  readonly #handler: IntakeHandler;
  readonly #clock: Clock;
  #fd = -1;
  #socket: net.Socket | undefined;
  #paused = false;
  #wait = BATCH_MS;
  #cancel: (() => void) | undefined;
  #lastAt = 0;
  #quick = 0;
  /** Bytes lately read, leaking away over one batch time: tells a burst from a chatter. */
  #level = 0;

  constructor(path: string, handler: IntakeHandler, clock: Clock = systemClock) {
    this.#path = path;
    this.#handler = handler;
    this.#clock = clock;
  }

  /** Opens and starts to read. Throws the system's error. Never waits for a writer. */
  open(): void {
    if (this.#fd >= 0) return;
    this.#fd = fs.openSync(this.#path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    const options: SocketOptions = {
      fd: this.#fd, readable: true, writable: false,
      onread: { buffer: shared, callback: (length) => { this.#arrived(length); return true; } },
    };
    const socket = new net.Socket(options);
    socket.on('end', () => this.#ended());
    socket.on('error', (e) => { this.close(); this.#handler.onError(e); });
    this.#socket = socket;
    this.#lastAt = this.#clock.now();
    if (this.#paused) socket.pause();
    else socket.resume();
  }

  pause(): void {
    this.#paused = true;
    this.#stopTimer();
    this.#socket?.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#socket?.resume();
  }

  /** Somebody watches this stream: a batch waits 5 ms instead of 40. */
  setEager(on: boolean): void {
    this.#wait = on ? EAGER_MS : BATCH_MS;
  }

  /**
   * Reads what is in the pipe now and hands it on. True: it is empty and nobody holds the write end now. `onEnd` is
   * not called by this; whoever gets true closes. A handler that refuses stops it (false), the rest stays in the pipe.
   */
  drain(): boolean {
    if (this.#fd < 0) return true;
    if (this.#paused) return false;
    for (;;) {
      const n = this.#take();
      if (n === 0) return true;
      if (n < 0 || this.#paused || this.#fd < 0) return false;
    }
  }

  close(): void {
    this.#stopTimer();
    this.#fd = -1;
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  /** The event loop has read `n` bytes. */
  #arrived(n: number): void {
    if (this.#fd < 0) return;
    const at = this.#clock.now();
    const gap = at - this.#lastAt;
    this.#lastAt = at;
    this.#level = this.#level * Math.max(0, 1 - gap / BATCH_MS) + n;
    this.#quick = gap < CLOSE_MS && this.#level < SMALL ? this.#quick + 1 : 0;
    if (!this.#hand(n)) return;
    // A few in a row: the two writes of one `print` (text, newline) are no reason to wait.
    if (this.#quick >= IN_A_ROW && this.#fd >= 0) {
      this.#socket?.pause();
      this.#arm();
    }
  }

  #arm(): void {
    this.#cancel = this.#clock.after(this.#wait, () => this.#round());
  }

  /** One batch: read until the pipe is empty. */
  #round(): void {
    this.#cancel = undefined;
    let got = 0;
    while (this.#fd >= 0) {
      const n = this.#take();
      if (n === 0) { this.#ended(); return; }
      if (n < 0) break;
      got += n;
      if (this.#paused) return;
      // A pipe gives all it has: less than asked for is the end of it, and asking again would only throw EAGAIN.
      if (n < shared.length) break;
      // More than the pipe holds at once: a burst, and the loop reads on without delay.
      if (got > SMALL) break;
    }
    if (this.#fd < 0) return;
    this.#lastAt = this.#clock.now();
    this.#level = got;
    if (got > 0 && got < SMALL) { this.#arm(); return; }
    this.#quick = 0;
    this.#socket?.resume();
  }

  /** Reads once and hands on. 0 at the end of file, -1 when there is nothing. */
  #take(): number {
    // Where the bytes go is asked before they are ours: between the two calls of copyNow a SIGKILL loses them.
    const to = this.#handler.directFd?.() ?? -1;
    try {
      copyNow(this.#fd, to);
    } catch (e) {
      this.close();
      this.#handler.onError(e);
      return -1;
    }
    const { read, wrote } = copied;
    if (wrote > 0) this.#handler.wroteDirect?.(shared.subarray(0, wrote));
    if (read > wrote) this.#hand(read, wrote);
    return read;
  }

  #hand(n: number, from = 0): boolean {
    const go = this.#handler.onData(from === 0 && n === shared.length ? shared : shared.subarray(from, n));
    if (!go && this.#fd >= 0) this.pause();
    return go;
  }

  #ended(): void {
    if (this.#fd < 0) return;
    this.close();
    this.#handler.onEnd();
  }

  #stopTimer(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}

/** Documented for net.Socket since Node 12; the types know it for net.connect only. */
type SocketOptions = net.SocketConstructorOpts & { readonly onread: net.OnReadOpts };

// The size of a pipe. Reading is synchronous to its handler, so all intakes share it.
const shared = Buffer.allocUnsafeSlow(64 * 1024);

const BATCH_MS = 40;
const EAGER_MS = 5;
const CLOSE_MS = 10;
const SMALL = 16 * 1024;
const IN_A_ROW = 3;

/** What copyNow did: bytes now in `shared` (0 at the end of file, -1 when there is nothing), and how many of them are written. */
const copied = { read: 0, wrote: 0 };

/** Two system calls and nothing between them. A write that fails is left to the slow path, which knows what to do. */
function copyNow(from: number, to: number): void {
  copied.read = -1;
  copied.wrote = 0;
  // "Nothing" comes as an exception, and most of its price is the stack trace which nobody reads.
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    const n = fs.readSync(from, shared, 0, shared.length, null);
    if (to >= 0 && n > 0) copied.wrote = writeNow(to, n);
    copied.read = n;
  } catch (e) {
    if (errno(e) !== 'EAGAIN' && errno(e) !== 'EINTR') throw e;
  } finally {
    Error.stackTraceLimit = limit;
  }
}

function writeNow(to: number, n: number): number {
  try {
    return fs.writeSync(to, shared, 0, n);
  } catch {
    return 0; // a full disk and its like: told by whoever writes it again
  }
}
