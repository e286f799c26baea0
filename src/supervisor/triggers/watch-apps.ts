import path from 'node:path';
import type { Clock } from '../../base/clock.js';
import type { AppSpec } from '../../config/spec.js';
import type { ProcessRecord } from '../../protocol/records.js';
import type { ManagedProcess } from '../process.js';
import { appKey } from './renew.js';
import { matcher } from './patterns.js';
import { isIn, realOf } from './watch-filter.js';
import { type Cause, MOST_CAUSES, loopIn } from './watch-loop.js';
import { type Changes, type Watching, watchPaths } from './watch.js';

export interface WatchAppsOptions {
  readonly clock: Clock;
  /** Our own home: what lies in it is no program's change. */
  readonly home: string;
  /** Resolves when they are through, up or not. */
  readonly renew: (app: readonly ManagedProcess[], why: string, since: number) => Promise<void>;
  /** A line for the daemon's log. */
  readonly say: (text: string) => void;
  /** What the next daemon is to know: a change of files that nothing was done about yet; undefined: there is none. */
  readonly keep?: (p: ManagedProcess, changed: ProcessRecord['changed']) => void;
}

/** ms. A program is not restarted before this age: whoever waits for its start is not told of a restart. */
const SETTLED = 600;
/** ms. Quiet that tells the end of a save or a build. */
const QUIET = 250;

/**
 * `watch`: an app is renewed when its files change, once for however many. It is watched while somebody wants it up: a stop
 * ends that, a start takes it up again. What changes while it is being renewed counts afterwards, unless the new program
 * began later than the change. An app that changes its own files at each start is not renewed for ever: see watch-loop.ts.
 * Linked modules are not its business (daemon/module-watch.ts).
 */
export class WatchApps {
  readonly #o: WatchAppsOptions;
  readonly #apps = new Map<string, App>();

  constructor(options: WatchAppsOptions) { this.#o = options; }

  /** Call when a process changed; `gone`: it is no longer managed. `changed`: what a former daemon kept of it. */
  follow(p: ManagedProcess, gone: boolean, changed?: ProcessRecord['changed']): void {
    const key = appKey(p);
    for (const [other, app] of this.#apps) {
      // Under a new name it is another app.
      if (other !== key || gone || !isWanted(p)) this.#leave(other, app, p);
    }
    if (gone || !isWanted(p)) return;
    let app = this.#apps.get(key);
    const asked = askedOf(p.spec);
    if (app && app.asked !== asked) { this.#apps.delete(key); void app.close(); app = undefined; }
    if (!app) {
      app = new App(p.spec, asked, this.#o);
      this.#apps.set(key, app);
    }
    app.join(p);
    if (changed) app.resume(changed);
  }

  /** Resolves when all that is to be watched now is watched. */
  async ready(): Promise<void> { await Promise.all([...this.#apps.values()].map((app) => app.watching)); }

  async close(): Promise<void> {
    const all = [...this.#apps.values()];
    this.#apps.clear();
    await Promise.all(all.map((app) => app.close()));
  }

  #leave(key: string, app: App, p: ManagedProcess): void {
    if (!app.leave(p)) return;
    this.#apps.delete(key);
    void app.close();
  }
}

/** `restart --watch` turns watching over; which paths were watched is kept for the next time. */
export function withWatch(spec: AppSpec, on: boolean): AppSpec {
  const { watched, ...extra } = spec.extra;
  if (on) return { ...spec, watch: spec.watch === false ? (watched as AppSpec['watch'] | undefined) ?? true : spec.watch, extra };
  return { ...spec, watch: false, extra: Array.isArray(spec.watch) ? { ...extra, watched: spec.watch } : spec.extra };
}

/** One app that is watched: its processes share the files. */
class App {
  readonly asked: string;
  readonly #o: WatchAppsOptions;
  readonly #name: string;
  readonly #cwd: string;
  readonly #members = new Set<ManagedProcess>();
  readonly watching: Promise<Watching>;
  /** Paths that are watched no more, each with the question whether a path is meant. */
  readonly #muted = new Map<string, (file: string) => boolean>();
  readonly #pending = new Map<string, number>();
  #causes: Cause[] = [];
  /** Sum of the run numbers after our last restart: another sum means that somebody else restarted it. */
  #runs = -1;
  #busy = false;
  /** A change is seen and the quiet after it not over. */
  #open = false;
  #kept = false;
  #later: (() => void) | undefined;
  #closed = false;

  constructor(spec: AppSpec, asked: string, options: WatchAppsOptions) {
    this.asked = asked;
    this.#o = options;
    this.#name = spec.name;
    this.#cwd = spec.cwd;
    this.watching = watchPaths(spec.cwd, Array.isArray(spec.watch) ? spec.watch as readonly string[] : ['.'], {
      ignore: spec.ignore_watch, delay: Math.max(QUIET, spec.watch_delay), clock: options.clock,
      ...(spec.ext === undefined ? {} : { ext: spec.ext }), ...(spec.watch_options === undefined ? {} : { watcher: spec.watch_options }),
      never: (file) => this.#isOurs(file),
      onError: (reason) => this.#remark(`watch: ${reason}`),
      onNote: (file) => { if (!this.#open && !this.#isMuted(file)) { this.#open = true; this.#keep({ at: options.clock.wall(), file }); } },
      onQuiet: () => { this.#open = false; this.#settle(); },
    }, (changes) => this.#changed(changes));
  }

  join(p: ManagedProcess): void { this.#members.add(p); }

  /** A change that a former daemon saw, and did not live to act on. */
  resume({ at, file }: NonNullable<ProcessRecord['changed']>): void {
    this.#kept = true;
    this.#pending.set(file, at);
    void this.watching.then(() => this.#renew());
  }

  /** Whether nobody is left. */
  leave(p: ManagedProcess): boolean {
    if (this.#members.delete(p)) { p.remarks.delete('watch'); if (this.#kept) this.#o.keep?.(p, undefined); }
    return this.#members.size === 0;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#later?.();
    for (const p of this.#members) p.remarks.delete('watch');
    await (await this.watching).close();
  }

  #changed(changes: Changes): void {
    for (const [file, at] of changes) if (!this.#isMuted(file) && !this.#isOurs(path.resolve(this.#cwd, file), true)) this.#pending.set(file, at);
    void this.#renew();
  }

  async #renew(): Promise<void> {
    await this.#renewNow();
    this.#settle();
  }

  /** All that was seen is done, or was nothing: no daemon need know of it. */
  #settle(): void { if (this.#kept && !this.#open && !this.#busy && this.#pending.size === 0) this.#keep(undefined); }

  #keep(changed: ProcessRecord['changed']): void {
    this.#kept = changed !== undefined;
    if (!this.#closed) for (const p of this.#members) this.#o.keep?.(p, changed);
  }

  async #renewNow(): Promise<void> {
    if (this.#busy || this.#closed) return;
    const up = [...this.#members].filter((p) => p.want === 'up');
    // A program that began after the change has read the new file.
    const began = Math.min(...up.map((p) => p.startedAt ?? 0));
    for (const [file, at] of this.#pending) if (at <= began) this.#pending.delete(file);
    if (up.length === 0 || this.#pending.size === 0) return;
    const youngest = this.#o.clock.wall() - Math.max(...up.map((p) => p.startedAt ?? 0));
    if (youngest >= 0 && youngest < SETTLED) {
      this.#later ??= this.#o.clock.after(SETTLED - youngest, () => { this.#later = undefined; void this.#renew(); });
      return;
    }
    if (this.#loops(began)) return;
    const why = whyOf([...this.#pending.keys()]);
    const since = Math.max(...this.#pending.values());
    this.#pending.clear();
    this.#busy = true;
    try {
      await this.#o.renew(up, why, since);
    } finally {
      this.#busy = false;
      this.#runs = sumOfRuns(this.#members);
    }
    await this.#renewNow();
  }

  /** Notes one more restart; true when it is one too many, and its reason is watched no more. */
  #loops(began: number): boolean {
    if (sumOfRuns(this.#members) !== this.#runs) this.#causes = [];
    this.#causes = [...this.#causes, { paths: new Set(this.#pending.keys()), after: Math.min(...this.#pending.values()) - began }].slice(-MOST_CAUSES);
    const culprit = loopIn(this.#causes);
    if (culprit === undefined) return false;
    const times = this.#causes.length;
    this.#causes = [];
    this.#pending.clear();
    this.#muted.set(culprit, matcher([culprit === '.' ? this.#cwd : path.join(this.#cwd, culprit)], this.#cwd));
    const what = [...this.#muted.keys()].map((m) => (m === '.' ? 'its folder' : `\`${m}\``)).join(', ');
    this.#remark(`watch: it restarted itself ${times - 1} times in a row: ${culprit === '.' ? 'it writes files into its own folder' : `\`${culprit}\` changes after each start`}; ${what} is watched no more: add it to ignore_watch and restart`);
    return true;
  }

  #isMuted(file: string): boolean {
    const whole = path.resolve(this.#cwd, file);
    return [...this.#muted.values()].some((fits) => fits(whole));
  }

  /** Log files, rotated ones too, pid files, and our home. `real`: by another way to the same folder, too. */
  #isOurs(file: string, real = false): boolean {
    const seen = real ? realOf(file) : file;
    if (isIn(real ? realOf(this.#o.home) : this.#o.home, seen)) return true;
    for (const p of this.#members) {
      for (const own of [...Object.values(p.paths) as string[], p.pidPath]) {
        const { dir, name, ext } = path.parse(own);
        if (path.dirname(seen) !== (real ? realOf(dir) : dir)) continue;
        const base = path.basename(seen);
        if (base === `${name}${ext}` || base.startsWith(`${name}__`) || base.startsWith(`${name}${ext}.`)) return true;
      }
    }
    return false;
  }

  #remark(text: string): void {
    if ([...this.#members].some((p) => p.remarks.get('watch') === text)) return;
    this.#o.say(`${this.#name}: ${text}`);
    for (const p of this.#members) p.remarks.set('watch', text);
  }
}

const isWanted = (p: ManagedProcess): boolean => p.spec.module === undefined && p.spec.watch !== false && p.want === 'up';

/** All that decides what is watched. */
function askedOf(s: AppSpec): string {
  return JSON.stringify([s.cwd, s.watch, s.ignore_watch, s.watch_delay, s.watch_options, s.ext]);
}

function whyOf(files: readonly string[]): string {
  const [first = 'a file'] = files;
  return `${first === '.' ? 'its folder' : first} changed${files.length > 1 ? `, and ${files.length - 1} more` : ''}`;
}

function sumOfRuns(processes: Iterable<ManagedProcess>): number {
  let sum = 0;
  for (const p of processes) sum += p.runNumber;
  return sum;
}
