import fs from 'node:fs';
import path from 'node:path';
import type { FSWatcher } from 'chokidar';
import { systemClock, type Clock } from '../../base/clock.js';
import { errno, reasonOf } from '../../base/errors.js';
import type { WatchOptions as WatcherOptions } from '../../config/spec.js';
import { rootOf } from './patterns.js';
import { identityOf, ignorer, isBelow, isThere, lookAt } from './watch-filter.js';

export interface WatchOptions {
  /** Names, paths and patterns, see patterns.ts. Dotfiles too unless a list is given; node_modules, .git and editors' swap files always. */
  readonly ignore?: readonly string[];
  /** Further files that count for nothing. */
  readonly never?: (file: string) => boolean;
  /** Only these extensions, without the dot. */
  readonly ext?: readonly string[];
  /** ms of quiet after a change before `onChange` is called: a burst is one call. After many files at least BUILD. Whoever never gives quiet is told every MOST ms. */
  readonly delay: number;
  readonly watcher?: WatcherOptions;
  /** Told when the watching itself fails (no inotify watches left): of a part it then sees no changes. */
  readonly onError?: (reason: string) => void;
  readonly clock?: Clock;
  /** A change is seen; what comes of it is told after the quiet. */
  readonly onNote?: (path: string) => void;
  /** The quiet is over; `onChange` was called before, if anything counts. */
  readonly onQuiet?: () => void;
}

export interface Watching { close(): Promise<void> }

/** A changed path -> wall-clock ms of its last change in this burst. */
export type Changes = ReadonlyMap<string, number>;

/** More files than these are a build, or a checkout, which takes a breath between its steps: ms of quiet. */
const FEW = 10;
const BUILD = 1000;
/** ms. Longest wait for quiet. */
const MOST = 10_000;
/** ms. After a failure the rest may take this long to be watched. */
const PATIENCE = 2000;
/** Whoever asks for more means something else: a home folder, a disk. */
const MOST_FOLDERS = 4000;
/** ms. How often the watched folders themselves are looked at. */
const ROOT_LOOK = 1000;

/**
 * Watches a folder and all below it but dotfiles. Answers when watching has begun; what lies there then is no change.
 * `onChange` gets the changed paths, relative to the folder, each once.
 */
export function watchFolder(dir: string, options: WatchOptions, onChange: (paths: readonly string[]) => void): Promise<Watching> {
  return watchPaths(dir, ['.'], { ...options, ignore: ['.*', ...options.ignore ?? []] }, (changes) => onChange([...changes.keys()]));
}

/** The same for paths and patterns relative to `base`; `!` before one takes away. A path need not exist yet. */
export async function watchPaths(base: string, paths: readonly string[], options: WatchOptions, onChange: (changes: Changes) => void): Promise<Watching> {
  const clock = options.clock ?? systemClock;
  const roots = paths.filter((p) => !p.startsWith('!')).map((p) => rootOf(p, base));
  const ignored = ignorer(base, roots.map((r) => r.root), [...options.ignore ?? ['.*'], ...options.watcher?.ignored ?? [], ...paths.filter((p) => p.startsWith('!')).map((p) => p.slice(1))], options.never);
  const meant = (file: string): boolean => roots.some((r) => isBelow(r.root, file) && (r.only?.(file) ?? true))
    && (options.ext === undefined || options.ext.includes(path.extname(file).slice(1)));
  const changed = new Map<string, number>();
  let quiet: NodeJS.Timeout | undefined;
  let since = 0;
  const tell = (): void => {
    quiet = undefined;
    // A folder that is just being replaced: what would be started now is not there.
    if (watched.some((w) => w.goneFor(clock.now()) < MOST)) { quiet = setTimeout(tell, options.delay); return; }
    const all = [...changed];
    changed.clear();
    const there = all.filter(([file]) => isThere(path.resolve(base, file), roots.map((r) => r.root)));
    // Of a save by way of a temporary file only the file itself is told; what is gone counts when nothing else does.
    const gone = all.filter(([file]) => !fs.existsSync(path.resolve(base, file)));
    const changes = new Map(there.length > 0 ? there : gone);
    if (changes.size > 0) onChange(changes);
    options.onQuiet?.();
  };
  const note = (file: string): void => {
    const now = clock.now();
    if (changed.size === 0 || quiet === undefined) since = now;
    const name = path.relative(base, file) || '.';
    changed.set(name, clock.wall());
    options.onNote?.(name);
    clearTimeout(quiet);
    const wait = changed.size > FEW ? Math.max(options.delay, BUILD) : options.delay;
    quiet = setTimeout(tell, Math.max(0, Math.min(wait, since + Math.max(MOST, 2 * options.delay) - now)));
  };
  const watched = [...new Set(roots.map((r) => r.root))].map((root) => new Root(root, ignored, options, clock, (file) => { if (meant(file) || file === root) note(file); }));
  await Promise.all(watched.map((w) => w.open()));
  // chokidar does not see that a watched folder itself is replaced, appears, or is a link that changes; a look at its number does.
  const looking = setInterval(() => { for (const w of watched) void w.look(); }, ROOT_LOOK);
  looking.unref();
  return {
    async close() {
      clearInterval(looking);
      clearTimeout(quiet);
      await Promise.all(watched.map((w) => w.close()));
    },
  };
}

/** One folder or file that is watched, through its disappearances. */
class Root {
  readonly #path: string;
  readonly #ignored: (file: string) => boolean;
  readonly #options: WatchOptions;
  readonly #clock: Clock;
  readonly #note: (file: string) => void;
  #watcher: FSWatcher | undefined;
  /** Device and number of what lies there; undefined: nothing. */
  #identity: string | undefined;
  #file = false;
  /** Monotonic ms at which it went away; undefined: it is there, or never was. */
  #goneAt: number | undefined;
  /** Path -> device and number, of the folders that are watched. */
  readonly #folders = new Map<string, string>();
  #closed = false;
  #opening = Promise.resolve();
  #release = (): void => {};

  constructor(root: string, ignored: (file: string) => boolean, options: WatchOptions, clock: Clock, note: (file: string) => void) {
    this.#clock = clock;
    this.#path = root;
    this.#ignored = ignored;
    this.#options = options;
    this.#note = note;
  }

  /** ms since it went away; Infinity: it is there, or never was. */
  goneFor(now: number): number { return this.#goneAt === undefined ? Infinity : now - this.#goneAt; }

  async open(): Promise<void> {
    this.#identity = this.#look();
    if (this.#identity === undefined) return;
    // Loaded at the first use only: a daemon that watches nothing does not pay for it.
    const { watch } = await import('chokidar');
    if (this.#closed) return;
    const { ignored: _, ...own } = this.#options.watcher ?? {};
    // On Linux a folder tells of the files in it: to watch each of them, as chokidar does, would cost the daemon 12 KB a file.
    let byFolder = false;
    const watcher = watch(this.#path, { ...own, ignored: (file) => this.#ignored(file) || (byFolder && lookAt(file)?.isFile() === true), ignoreInitial: false, persistent: true });
    byFolder = process.platform === 'linux' && !this.#file && !watcher.options.usePolling && !watcher.options.awaitWriteFinish;
    this.#watcher = watcher;
    this.#folders.clear();
    let ready = false;
    watcher.once('ready', () => { ready = true; });
    watcher.on('all', (event, file) => {
      // A new empty folder changes nothing; what is found at first is no change.
      if (event === 'addDir') this.#found(file, watcher);
      else if (ready || event !== 'add') this.#note(file);
    });
    if (byFolder) watcher.on('raw', (_event, name: string | null, of) => { if (name !== null) this.#told((of as { readonly watchedPath: string }).watchedPath, name); });
    await new Promise<void>((resolve) => {
      this.#release = resolve;
      watcher.once('ready', resolve);
      watcher.on('error', (e) => {
        // A folder that went away while it was read is a change, which is told as such.
        if (errno(e) === 'ENOENT' || errno(e) === 'ENOTDIR') return;
        this.#options.onError?.(whyNot(e));
        // Nothing promises that it is ever ready then.
        setTimeout(resolve, PATIENCE);
      });
    });
  }

  async look(): Promise<void> {
    if (this.#file || this.#closed) return;
    const now = this.#look();
    if (now === this.#identity) return;
    this.#goneAt = now === undefined ? this.#clock.now() : undefined;
    this.#identity = now;
    await this.#again();
    if (now !== undefined) this.#note(this.#path);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#release();
    await this.#opening;
    await this.#watcher?.close();
  }

  #found(folder: string, watcher: FSWatcher): void {
    this.#folders.set(folder, identityOf(lookAt(folder)));
    if (this.#folders.size <= MOST_FOLDERS) return;
    this.#release();
    void watcher.close();
    this.#options.onError?.(`${this.#path} is not watched: there are more than ${MOST_FOLDERS} folders below it; name those that matter (watch: ['src'], ignore_watch)`);
  }

  /** Something happened to `name` in a folder. */
  #told(folder: string, name: string): void {
    const file = path.join(folder, name);
    const there = lookAt(file);
    // Of itself a folder tells as of a file in it that has its name: of its end, or of new rights, which are no change.
    if (!there && name === path.basename(folder)) { if (!lookAt(folder)) this.#note(folder); return; }
    if (this.#ignored(file)) return;
    if (there?.isDirectory()) {
      const before = this.#folders.get(file);
      const now = identityOf(there);
      if (before === now) return;
      this.#folders.set(file, now);
      // Another folder under its name: chokidar would go on watching the one that is gone.
      if (before !== undefined) void this.#again();
    }
    this.#note(file);
  }

  /** One after the other: two watchers would be one too many. */
  #again(): Promise<void> {
    this.#opening = this.#opening.then(async () => {
      await this.#watcher?.close();
      this.#watcher = undefined;
      if (!this.#closed) await this.open();
    });
    return this.#opening;
  }

  #look(): string | undefined {
    const there = lookAt(this.#path, true);
    // An editor replaces the file it saves; of files chokidar sees that.
    if (there) this.#file = !there.isDirectory();
    return there && identityOf(there);
  }
}

function whyNot(e: unknown): string {
  switch (errno(e)) {
    case 'ENOSPC': return 'a part is not watched: the system has no inotify watches left (sysctl fs.inotify.max_user_watches raises the number; ignore_watch and watch_options {usePolling: true} need less)';
    case 'EMFILE': case 'ENFILE': return `a part is not watched: too many open files or inotify instances (ulimit -n, sysctl fs.inotify.max_user_instances): ${reasonOf(e)}`;
    default: return `a part is not watched: ${reasonOf(e)}`;
  }
}
