import { deferred } from '../../base/deferred.js';
import { isMgrError } from '../../base/errors.js';
import type { LogFile } from '../../protocol/views.js';
import { showDaemonLog } from '../daemon-log.js';
import { LiveLogs } from '../live-logs.js';
import { filesToRead, glance, older, showHistory, upTo } from '../log-history.js';
import { interruption } from '../interrupt.js';
import type { Interrupt } from '../interrupt.js';
import { LOG_FLAGS, logWish } from '../log-wish.js';
import type { LogWish } from '../log-wish.js';
import { label, lineMaker } from '../render/log-line.js';
import type { LogLine } from '../render/log-line.js';
import { selectionOf } from '../selection.js';
import type { Selection } from '../selection.js';
import { printable } from '../width.js';
import { targetsOf } from '../values.js';
import type { Caller, Cli, Command, Follower, Options, Pushed } from '../world.js';

/**
 * The ends of the log files, then every line as it comes, until Ctrl-C (status 0, as PM2). The stream is opened before the
 * files are read, so that no line falls between them. A daemon that dies meanwhile costs nothing: we wait for the next
 * one and go on where we were.
 */
export const logs: Command = {
  args: '[targets...]',
  options: LOG_FLAGS,
  async run(cli, input) {
    const wish = logWish(cli, input);
    const targets = targetsOf(input);
    if (targets.length === 1 && /^(?:mgr|PM2)$/.test(targets[0] ?? '')) return showDaemonLog(cli, wish);
    const all = targets.length === 0 || targets.includes('all');
    return new Session(cli, wish, all ? ['all'] : targets).run(all);
  },
};

/** The same for one program and for other verbs. `open` is called when from now on no line is missed. */
export function followLogs(cli: Cli, ids: readonly number[], options: Options, open: () => void = () => {}): Promise<number> {
  return new Session(cli, logWish(cli, { verb: 'logs', args: [], options }), ids.map(String), open).run(false);
}

class Session {
  readonly #cli: Cli;
  readonly #wish: LogWish;
  readonly #targets: readonly string[];
  readonly #open: () => void;
  #selection: Selection = {};
  #follower: Follower | undefined;
  #live: LiveLogs | undefined;
  #write: (line: LogLine) => void = () => {};
  #lost = deferred<'lost'>();
  readonly #met = new Set<number>();
  readonly #end: Interrupt;

  constructor(cli: Cli, wish: LogWish, targets: readonly string[], open: () => void = () => {}) {
    this.#cli = cli;
    this.#end = interruption(cli.world);
    this.#wish = wish;
    this.#targets = targets;
    this.#open = open;
  }

  /** Ctrl-C ends it wherever it is, also while a daemon that does not come is waited for. */
  async run(all: boolean): Promise<number> {
    try {
      await Promise.race([this.#work(all), this.#end.promise]);
      return 0;
    } finally {
      this.#end.release();
      this.#follower?.close();
    }
  }

  async #work(all: boolean): Promise<void> {
    const daemon = await this.#cli.daemon();
    const files = await daemon.call('logs.files', { targets: this.#targets });
    if (!all) this.#selection = selectionOf(this.#targets, files);
    const write = await this.#writer(files);
    this.#write = write;
    const { follow, grep, streams } = this.#wish;
    this.#live = new LiveLogs(streams, (line) => { if (!grep || grep.test(line.text)) write(line); }, (id) => this.#meet(id));
    // A daemon that is replaced at this moment: `#reconnect` below waits for the next.
    if (follow) await this.#connect().catch((e: unknown) => { if (isAway(e)) this.#lost.resolve('lost'); else throw e; });
    await this.#showTails(files);
    if (!follow) return;
    this.#live.open();
    this.#open();
    for (;;) {
      await this.#lost.promise;
      await this.#reconnect();
    }
  }

  async #connect(): Promise<void> {
    const lost = deferred<'lost'>();
    const events = this.#wish.form === 'json' ? ['log', 'process'] as const : ['log'] as const;
    this.#follower = await this.#cli.world.follow(this.#cli.home, { events, ...this.#selection }, {
      on: (e) => this.#on(e),
      lost: () => lost.resolve('lost'),
      dropped: (n) => this.#cli.out.notice(`mgr: ${n} lines dropped, you read slower than they come; the log files have them`),
    });
    this.#lost = lost;
  }

  #on(e: Pushed): void {
    try {
      if (e.event === 'log') this.#live?.push(e.payload);
      else if (e.event === 'process') this.#cli.out.answer(`${JSON.stringify({ timestamp: new Date(e.payload.at).toISOString(), type: 'process_event', status: e.payload.event, app_name: e.payload.name })}\n`);
    } catch (error) {
      // stdout is gone, or a bug: either ends the command, in its own lane and not in the socket's.
      this.#end.fail(error);
    }
  }

  // A program that came after us: where its lines stand is needed to go on there should the daemon die.
  #meet(id: number): void {
    if (this.#met.has(id)) return;
    this.#met.add(id);
    this.#place().catch((e: unknown) => {
      // With the daemon away `#catchUp` looks for its place.
      if (isAway(e)) this.#met.delete(id);
      else this.#end.fail(e);
    });
  }

  async #place(): Promise<void> {
    const caller = await this.#cli.world.connect(this.#cli.home);
    for (const f of await this.#files(caller).finally(() => caller.close())) if (f.stream !== 'all') this.#live?.belongs(f.id, f.stream, f.path);
  }

  // While we follow, the last program of a target may be deleted; it may come again.
  async #files(daemon: Pick<Caller, 'call'>): Promise<readonly LogFile[]> {
    const found: LogFile[] = [];
    for (const target of this.#targets) {
      try {
        found.push(...await daemon.call('logs.files', { targets: [target] }));
      } catch (e) {
        if (!isMgrError(e) || e.code !== 'NOT_FOUND') throw e;
      }
    }
    return found;
  }

  async #showTails(files: readonly LogFile[]): Promise<void> {
    const { out } = this.#cli;
    for (const [file, why] of new Map(files.map((f) => [f.path, f.trouble]))) if (why !== undefined) out.notice(`mgr: log ${printable(file)} is not written: ${printable(why)}`);
    for (const file of filesToRead(files, this.#wish.streams)) {
      // Headings are for eyes: in a pipe every line of stdout is a line of a log.
      let headed = out.columns === undefined || this.#wish.form !== 'prefix';
      const tail = await showHistory(file, this.#wish, (text) => {
        if (!headed) out.notice(`${printable(file.path)}:`);
        headed = true;
        this.#write({ id: file.id, name: file.name, stream: file.stream, text });
      });
      if (this.#wish.follow) this.#markSeam(files, file.path, tail);
    }
  }

  // Instances may share a file; each has its own stream of pushed lines.
  #markSeam(files: readonly LogFile[], path: string, tail: readonly string[]): void {
    const of = files.flatMap(({ id, stream, path: its }) => (its === path && stream !== 'all' ? [{ id, stream }] : []));
    this.#live?.sawFile(path, of, tail, this.#cli.world.now());
  }

  async #reconnect(): Promise<void> {
    const { world, out, home } = this.#cli;
    this.#live?.hold();
    out.notice('mgr: the daemon went away; the programs run on, waiting for the next one');
    while (!this.#end.hit) {
      try {
        await this.#connect();
        const caller = await world.connect(home);
        const files = await this.#files(caller).finally(() => caller.close());
        await this.#catchUp(files);
        this.#live?.open();
        out.notice('mgr: following again');
        return;
      } catch (e) {
        if (!isAway(e)) throw e;
        this.#follower?.close();
        await world.sleep(50);
      }
    }
  }

  async #catchUp(files: readonly LogFile[]): Promise<void> {
    for (const f of files) if (f.stream !== 'all') this.#live?.belongs(f.id, f.stream, f.path);
    for (const file of filesToRead(files, this.#wish.streams)) {
      let { lines: tail } = glance(file.path);
      const last = tail.at(-1);
      let unseen = this.#live?.unseen(file.path, tail);
      if (unseen === undefined) {
        // Much was written, or the file was rotated; where it was emptied, the deep look finds no more either.
        const deep = upTo(await older(file.path, DEEP), last);
        unseen = this.#live?.unseen(file.path, deep);
        if (unseen === undefined) unseen = tail;
        else tail = deep;
      }
      for (const text of unseen) if (!this.#wish.grep || this.#wish.grep.test(text)) this.#write({ id: file.id, name: file.name, stream: file.stream, text });
      this.#markSeam(files, file.path, tail);
    }
  }

  async #writer(files: readonly LogFile[]): Promise<(line: LogLine) => void> {
    const { out } = this.#cli;
    const date = this.#wish.stampFormat === undefined ? undefined : await dater(this.#wish.stampFormat);
    const make = lineMaker({
      form: this.#wish.form, colour: out.colour,
      ...(date && { date }), ...(this.#wish.highlight !== undefined && { highlight: this.#wish.highlight }),
      terminal: out.columns !== undefined,
      ...(out.columns !== undefined && { labels: files.map((f) => label(f.id, f.name)) }),
    });
    return (line) => out.answer(make(line));
  }
}

/** Lines looked through for the place where a lost stream goes on. */
const DEEP = 20_000;

const AWAY: ReadonlySet<string> = new Set(['DAEMON_DOWN', 'CONNECTION_LOST', 'CALL_TIMEOUT']);

function isAway(e: unknown): boolean {
  return isMgrError(e) && AWAY.has(e.code);
}

async function dater(format: string): Promise<(at: number) => string> {
  const { stamper } = await import('../../logs/dates.js');
  let at = 0;
  const stamp = stamper(format, () => at);
  return (given) => { at = given; return stamp(); };
}
