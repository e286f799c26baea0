import type { Events } from '../protocol/contract.js';
import type { LogLine } from './render/log-line.js';
import { Shown, missed, seam } from './seam.js';
import type { Seam } from './seam.js';

type LogEvent = Events['log'];
type Stream = 'out' | 'err';

/** The place of one stream of one program. */
export const streamKey = (id: number, stream: Stream): string => `${id}/${stream}`;

/**
 * Prints what is pushed, each line at once. While the files are read (`hold`) pushed lines wait; `open` lets them through,
 * without those the files already showed. Knows what was shown last, so that a reading after a lost connection goes on there.
 */
export class LiveLogs {
  readonly #print: (line: LogLine) => void;
  readonly #streams: ReadonlySet<Stream>;
  readonly #shown = new Shown();
  readonly #seams = new Map<string, Seam>();
  #waiting: LogEvent[] | undefined = [];

  constructor(streams: readonly Stream[], print: (line: LogLine) => void) {
    this.#streams = new Set(streams);
    this.#print = print;
  }

  push(event: LogEvent): void {
    if (!this.#streams.has(event.stream)) return;
    if (this.#waiting) this.#waiting.push(event);
    else this.#pass(event);
  }

  hold(): void {
    this.#waiting ??= [];
  }

  /** What the file of a stream ended with when it was read; `readAt`: wall-clock ms when that was done. */
  sawFile(id: number, stream: Stream, tail: readonly string[], readAt: number): void {
    const key = streamKey(id, stream);
    this.#seams.set(key, seam(tail, readAt));
    for (const line of tail.slice(-16)) this.#shown.add(key, line);
  }

  /** The lines of a file that came while no daemon could push them. */
  unseen(id: number, stream: Stream, tail: readonly string[]): readonly string[] {
    return missed(this.#shown.of(streamKey(id, stream)), tail);
  }

  open(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const e of waiting) this.#pass(e);
  }

  #pass(e: LogEvent): void {
    const key = streamKey(e.id, e.stream);
    const at = e.at;
    const edge = this.#seams.get(key);
    const lines = e.data.split('\n');
    if (lines.at(-1) === '') lines.pop();
    for (const text of lines) {
      if (edge && !edge.fresh(text, at)) continue;
      this.#shown.add(key, text);
      this.#print({ id: e.id, name: e.name, stream: e.stream, text, at });
    }
  }
}
