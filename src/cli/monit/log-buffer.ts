/**
 * What is kept of one program's lines for looking at. Bounded whatever comes: a screen shows some ten thousand cells, a
 * program may write a million lines a second. What is left out is counted and told at its place.
 */

export interface BufferLine {
  /** Counts up for ever, without gaps. */
  readonly seq: number;
  /** `note`: a word of ours, between the program's lines. */
  readonly stream: 'out' | 'err' | 'note';
  readonly text: string;
}

/** Lines that can be scrolled back to. */
const KEPT = 5000;
/** Lines kept while somebody looks at older ones, which therefore must stay. */
const KEPT_HELD = 20_000;
/** Lines taken between two drawings; of more only the last are of use. */
const BURST = 2000;
/** Characters kept of a line. */
const LONGEST = 8 * 1024;

interface Fresh { readonly stream: 'out' | 'err'; readonly text: string }

export class LogBuffer {
  #lines: BufferLine[] = [];
  #next = 0;
  #fresh: Fresh[] = [];
  #freshSkipped = 0;
  /** Lines left out since `clear`. */
  skipped = 0;
  /** Lines that were pushed; who measures may set it back. */
  came = 0;
  /** Somebody looks at lines from this one on: they stay. */
  held: number | undefined;

  /** Oldest first. */
  get lines(): readonly BufferLine[] { return this.#lines; }

  /** A line of the program; seen after the next `take`. */
  push(stream: 'out' | 'err', text: string): void {
    this.came++;
    this.#fresh.push({ stream, text: text.length > LONGEST ? `${text.slice(0, LONGEST)}\u001b[0m … ${text.length - LONGEST} more characters` : text });
    if (this.#fresh.length <= BURST * 2) return;
    this.#freshSkipped += this.#fresh.length - BURST;
    this.#fresh = this.#fresh.slice(-BURST);
  }

  /** Moves what came into `lines`. True when something changed. */
  take(): boolean {
    if (this.#fresh.length === 0) return false;
    const fresh = this.#fresh.slice(-BURST);
    const skipped = this.#freshSkipped + this.#fresh.length - fresh.length;
    this.#fresh = [];
    this.#freshSkipped = 0;
    if (this.held !== undefined && this.#lines.length + fresh.length > KEPT_HELD) {
      this.#skip(skipped + fresh.length, 'while you looked at older ones');
      return true;
    }
    if (skipped > 0) this.#skip(skipped, 'they came faster than a screen can show them');
    for (const { stream, text } of fresh) this.#add(stream, text);
    if (this.held === undefined && this.#lines.length > KEPT) this.#lines = this.#lines.slice(-KEPT);
    return true;
  }

  note(text: string): void {
    this.take();
    this.#add('note', text);
  }

  /** So many lines are missing at this place, for this reason. */
  leaveOut(count: number, why: string): void {
    this.take();
    this.#skip(count, why);
  }

  clear(): void {
    this.#lines = [];
    this.#fresh = [];
    this.#freshSkipped = 0;
    this.skipped = 0;
    this.came = 0;
    this.held = undefined;
  }

  #skip(count: number, why: string): void {
    this.skipped += count;
    const last = this.#lines.at(-1);
    const before = last?.stream === 'note' ? SKIP.exec(last.text) : null;
    const total = count + Number(before?.[1]?.replaceAll(',', '') ?? 0);
    if (before) this.#lines.pop();
    this.#lines.push({ seq: before && last ? last.seq : this.#next++, stream: 'note', text: `${total.toLocaleString('en-US')} lines are not shown here: ${why}; the log file has them` });
  }

  #add(stream: BufferLine['stream'], text: string): void {
    this.#lines.push({ seq: this.#next++, stream, text });
  }
}

const SKIP = /^([\d,]+) lines are not shown here/;
