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
  readonly #stranger: (id: number) => void;
  readonly #streams: ReadonlySet<Stream>;
  readonly #shown = new Shown();
  readonly #seams = new Map<string, Seam>();
  /** Stream -> file: streams and instances may share one, and what was shown last of a file may be any of them. */
  readonly #files = new Map<string, string>();
  #waiting: LogEvent[] | undefined = [];

  /** `stranger`: a program wrote that came after the files were read, so that its file is not known; see `belongs`. */
  constructor(streams: readonly Stream[], print: (line: LogLine) => void, stranger: (id: number) => void) {
    this.#stranger = stranger;
    this.#streams = new Set(streams);
    this.#print = print;
  }

  push(event: LogEvent): void {
    if (this.#waiting) this.#waiting.push(event);
    else this.#pass(event);
  }

  hold(): void {
    this.#waiting ??= [];
  }

  /** What a file ended with when it was read, and whose lines it holds; `readAt`: wall-clock ms when that was done. */
  sawFile(path: string, of: readonly { readonly id: number; readonly stream: Stream }[], tail: readonly string[], readAt: number): void {
    for (const { id, stream } of of) {
      const key = streamKey(id, stream);
      this.#seams.set(key, seam(tail, readAt));
      this.#files.set(key, path);
    }
    for (const line of tail.slice(-16)) this.#shown.add(path, line);
  }

  /** The file of a stranger's stream, or of one that has another file by now. What was shown of the stream so far counts as shown of it. */
  belongs(id: number, stream: Stream, path: string): void {
    const key = streamKey(id, stream);
    const before = this.#files.get(key) ?? key;
    if (before === path) return;
    this.#files.set(key, path);
    for (const line of this.#shown.of(before).slice()) this.#shown.add(path, line);
  }

  /** The lines of a file that came while no daemon could push them; undefined: its last shown line is not in `tail`. */
  unseen(path: string, tail: readonly string[]): readonly string[] | undefined {
    return missed(this.#shown.of(path), tail);
  }

  open(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const e of waiting) this.#pass(e);
  }

  #pass(e: LogEvent): void {
    const key = streamKey(e.id, e.stream);
    const at = e.at;
    if (!this.#files.has(key)) this.#stranger(e.id);
    const edge = this.#seams.get(key);
    const file = this.#files.get(key) ?? key;
    const wanted = this.#streams.has(e.stream);
    const lines = e.data.split('\n');
    if (lines.at(-1) === '') lines.pop();
    for (const text of lines) {
      if (edge && !edge.fresh(text, at)) continue;
      this.#shown.add(file, text);
      if (wanted) this.#print({ id: e.id, name: e.name, stream: e.stream, text, at });
    }
  }
}
