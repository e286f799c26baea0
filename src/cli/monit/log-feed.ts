import { isMgrError } from '../../base/errors.js';
import type { Home } from '../../base/paths.js';
import type { LogFile } from '../../protocol/views.js';
import { LiveLogs } from '../live-logs.js';
import { filesToRead, glance, showHistory } from '../log-history.js';
import type { ReadFile } from '../log-history.js';
import type { LogWish } from '../log-wish.js';
import type { Follower, World } from '../world.js';
import { isAway } from './away.js';
import { together } from './history.js';
import type { Tail } from './history.js';
import type { LogBuffer } from './log-buffer.js';
import { plainText } from '../safe-text.js';

export interface LogFeedHost {
  readonly world: World;
  readonly home: Home;
  readonly buffer: LogBuffer;
  files(target: string): Promise<readonly LogFile[]>;
  /** Something came. */
  changed(): void;
  fail(error: unknown): void;
}

interface Whose { readonly id: number; readonly target: string }

/** Lines of each file that are shown before the stream begins. */
const LINES = 500;
const WISH: LogWish = { lines: LINES, bounded: true, follow: true, streams: ['out', 'err'], form: 'raw' };

/**
 * The log of one program at a time: the ends of its files, then what comes. Opened before the files are read, so that no
 * line falls between; a daemon that is replaced costs none either (live-logs.ts).
 */
export class LogFeed {
  readonly #host: LogFeedHost;
  /** Raised with each program and each opening: what was begun for an older one is void. */
  #turn = 0;
  #whose: Whose | undefined;
  #follower: Follower | undefined;
  #live: LiveLogs | undefined;
  #broken = false;
  /** Why a file is not written at present. */
  trouble: string | undefined;

  constructor(host: LogFeedHost) { this.#host = host; }

  show(whose: Whose | undefined): void {
    this.end();
    this.#host.buffer.clear();
    this.#whose = whose;
    this.#live = undefined;
    this.trouble = undefined;
    if (whose) this.#begin(whose, false);
  }

  /** A daemon answers again. */
  revive(): void {
    if (!this.#broken || !this.#whose) return;
    this.#begin(this.#whose, this.#live !== undefined);
  }

  end(): void {
    this.#turn++;
    this.#broken = false;
    this.#follower?.close();
    this.#follower = undefined;
  }

  #begin(whose: Whose, again: boolean): void {
    this.end();
    const turn = this.#turn;
    this.#open(whose, turn, again).catch((e: unknown) => {
      if (turn !== this.#turn) return;
      // Deleted in this moment: another one is selected soon. Away: `revive` comes.
      if (isAway(e)) this.#broken = true;
      else if (!isMgrError(e) || e.code !== 'NOT_FOUND') this.#host.fail(e);
    });
  }

  async #open({ id, target }: Whose, turn: number, again: boolean): Promise<void> {
    const { world, home, buffer } = this.#host;
    const live = this.#live ??= new LiveLogs(['out', 'err'], (line) => buffer.push(line.stream, line.text), () => {});
    const follower = await world.follow(home, { events: ['log'], ids: [id] }, {
      on: (e) => {
        if (turn !== this.#turn || e.event !== 'log') return;
        live.push(e.payload);
        this.#host.changed();
      },
      lost: () => {
        if (turn !== this.#turn) return;
        live.hold();
        this.#broken = true;
      },
      dropped: (n) => { if (turn === this.#turn) buffer.leaveOut(n, 'they came faster than they could be sent'); },
    });
    if (turn !== this.#turn) { follower.close(); return; }
    this.#follower = follower;
    const files = (await this.#host.files(target)).filter((f) => f.id === id);
    this.trouble = files.map((f) => f.trouble).find((t) => t !== undefined);
    const tails: Tail[] = [];
    for (const file of filesToRead(files, ['out', 'err'])) {
      const tail = again ? this.#missed(live, file) : await this.#tail(file, tails);
      if (turn !== this.#turn) return;
      const of = files.flatMap((f) => (f.path === file.path && f.stream !== 'all' ? [{ id, stream: f.stream }] : []));
      live.sawFile(file.path, of, tail, world.now());
    }
    for (const { stream, text } of together(tails)) {
      if (stream === 'note') buffer.note(text);
      else buffer.push(stream, text);
    }
    // What was there before is no flood.
    buffer.came = 0;
    live.open();
    if (this.trouble !== undefined) buffer.note(`the log file is not written: ${plainText(this.trouble)}`);
    this.#host.changed();
  }

  async #tail(file: ReadFile, tails: Tail[]): Promise<readonly string[]> {
    const { lineDateParser } = await import('../../logs/dates.js');
    const lines: string[] = [];
    const tail = await showHistory(file, WISH, (text) => { lines.push(text); });
    tails.push({ stream: file.stream, path: plainText(file.path), lines, date: lineDateParser(file.date) });
    return tail;
  }

  // What was written while nobody could send it.
  #missed(live: LiveLogs, { path, stream }: ReadFile): readonly string[] {
    const { lines } = glance(path);
    const unseen = live.unseen(path, lines);
    const { buffer } = this.#host;
    if (unseen === undefined) buffer.note('much was written while the daemon was away; the end of it follows');
    for (const text of (unseen ?? lines).slice(-LINES)) buffer.push(stream, text);
    return lines;
  }
}
