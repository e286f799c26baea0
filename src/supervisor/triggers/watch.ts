import fs from 'node:fs';
import path from 'node:path';
import type { FSWatcher } from 'chokidar';
import { systemClock, type Clock } from '../../base/clock.js';
import { errno, reasonOf } from '../../base/errors.js';
import type { WatchOptions as WatcherOptions } from '../../config/spec.js';
import { matcher, rootOf } from './patterns.js';

export interface WatchOptions {
  /** Names, paths and patterns, see patterns.ts. Dotfiles too unless a list is given; node_modules, .git and editors' swap files always. */
  readonly ignore?: readonly string[];
  /** Further files that count for nothing. */
  readonly never?: (file: string) => boolean;
  /** Only these extensions, without the dot. */
  readonly ext?: readonly string[];
  /** ms of quiet after a change before `onChange` is called: a burst is one call. Whoever never gives quiet is told every MOST ms. */
  readonly delay: number;
  readonly watcher?: WatcherOptions;
  /** Told when the watching itself fails (no inotify watches left): of a part it then sees no changes. */
  readonly onError?: (reason: string) => void;
  readonly clock?: Clock;
}

export interface Watching { close(): Promise<void> }

/** A changed path -> wall-clock ms of its last change in this burst. */
export type Changes = ReadonlyMap<string, number>;

/** ms. Longest wait for quiet. */
const MOST = 10_000;
/** ms. After a failure the rest may take this long to be watched. */
const PATIENCE = 2000;
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
  const ignored = ignorer(base, roots.map((r) => r.root), [...options.ignore ?? ['.*'], ...options.watcher?.ignored ?? [], ...paths.filter((p) => p.startsWith('!')).map((p) => p.slice(1))], options);
  const meant = (file: string): boolean => roots.some((r) => isBelow(r.root, file) && (r.only?.(file) ?? true))
    && (options.ext === undefined || options.ext.includes(path.extname(file).slice(1)));
  const changed = new Map<string, number>();
  let quiet: NodeJS.Timeout | undefined;
  let since = 0;
  const tell = (): void => {
    quiet = undefined;
    // A folder that is just being replaced: what would be started now is not there.
    if (watched.some((w) => w.gone)) return;
    const changes = new Map(changed);
    changed.clear();
    if (changes.size > 0) onChange(changes);
  };
  const note = (file: string): void => {
    const now = clock.now();
    if (changed.size === 0 || quiet === undefined) since = now;
    changed.set(path.relative(base, file) || '.', clock.wall());
    clearTimeout(quiet);
    quiet = setTimeout(tell, Math.max(0, Math.min(options.delay, since + Math.max(MOST, 2 * options.delay) - now)));
  };
  const watched = [...new Set(roots.map((r) => r.root))].map((root) => new Root(root, ignored, options, (file) => { if (meant(file) || file === root) note(file); }));
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
  readonly #note: (file: string) => void;
  #watcher: FSWatcher | undefined;
  /** Device and number of what lies there; undefined: nothing. */
  #identity: string | undefined;
  #file = false;
  #closed = false;
  #release = (): void => {};

  constructor(root: string, ignored: (file: string) => boolean, options: WatchOptions, note: (file: string) => void) {
    this.#path = root;
    this.#ignored = ignored;
    this.#options = options;
    this.#note = note;
  }

  get gone(): boolean { return this.#identity === undefined && !this.#file; }

  async open(): Promise<void> {
    this.#identity = this.#look();
    if (this.#identity === undefined) return;
    // Loaded at the first use only: a daemon that watches nothing does not pay for it.
    const { watch } = await import('chokidar');
    if (this.#closed) return;
    const { ignored: _, ...own } = this.#options.watcher ?? {};
    const watcher = watch(this.#path, { ...own, ignored: this.#ignored, ignoreInitial: true, persistent: true });
    this.#watcher = watcher;
    // A new empty folder changes nothing.
    watcher.on('all', (event, file) => { if (event !== 'addDir') this.#note(file); });
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
    this.#identity = now;
    await this.#watcher?.close();
    this.#watcher = undefined;
    if (now === undefined) return;
    await this.open();
    this.#note(this.#path);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#release();
    await this.#watcher?.close();
  }

  #look(): string | undefined {
    try {
      const s = fs.statSync(this.#path);
      // An editor replaces the file it saves; of files chokidar sees that.
      this.#file = !s.isDirectory();
      return `${s.dev}:${s.ino}`;
    } catch {
      return undefined; // it is not there, or may not be seen: both are nothing to watch
    }
  }
}

function whyNot(e: unknown): string {
  switch (errno(e)) {
    case 'ENOSPC': return 'the system has no inotify watches left (sysctl fs.inotify.max_user_watches raises the number; ignore_watch and watch_options {usePolling: true} need less)';
    case 'EMFILE': case 'ENFILE': return `too many open files or inotify instances (ulimit -n, sysctl fs.inotify.max_user_instances): ${reasonOf(e)}`;
    default: return reasonOf(e);
  }
}

/** Of no interest to anybody: huge, or rewritten by tools all the time. */
const ALWAYS = ['node_modules', '.git', '*.swp', '*.swx', '*.swo', '*~', '.#*', '4913', '.DS_Store'];

function ignorer(base: string, roots: readonly string[], patterns: readonly string[], options: WatchOptions): (file: string) => boolean {
  // What is named to be watched is watched, wherever it lies: names count below it only.
  const of = roots.map((root) => ({ root, fits: matcher([...ALWAYS, ...patterns], base, root) }));
  return (file) => {
    if (roots.includes(file)) return false;
    const around = of.filter(({ root }) => isBelow(root, file));
    return (options.never?.(file) ?? false) || (around.length > 0 && around.every(({ fits }) => fits(file))) || circular(file, roots);
  };
}

/** A link to what is watched anyway, or to a folder it lies in: chokidar would follow it for ever. */
function circular(file: string, roots: readonly string[]): boolean {
  try {
    if (!fs.lstatSync(file).isSymbolicLink()) return false;
    const real = fs.realpathSync(file);
    return isBelow(real, fs.realpathSync(path.dirname(file))) || roots.some((root) => isBelow(fs.realpathSync(root), real));
  } catch {
    return false; // it is gone, or points nowhere
  }
}

const isBelow = (dir: string, file: string): boolean => file === dir || file.startsWith(dir.endsWith(path.sep) ? dir : dir + path.sep);
