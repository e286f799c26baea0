import path from 'node:path';

export interface WatchOptions {
  /** Names, paths relative to the folder, or with `*` for any part of a name. Dotfiles and node_modules are ignored anyway. */
  readonly ignore?: readonly string[];
  /** ms of quiet after a change before `onChange` is called: a burst is one call. */
  readonly delay: number;
  /** Told when the watching itself fails (no inotify watches left); it then sees no further changes. */
  readonly onError?: (error: unknown) => void;
}

/**
 * Watches a folder and all below it. Answers when watching has begun; what lies there then is no change.
 * `onChange` gets the changed paths, relative to the folder, each once. chokidar is loaded at the first use only:
 * a daemon that watches nothing does not pay for it.
 */
export async function watchFolder(dir: string, options: WatchOptions, onChange: (paths: readonly string[]) => void): Promise<{ close(): Promise<void> }> {
  const { watch } = await import('chokidar');
  const ignored = ignorer(dir, options.ignore ?? []);
  const watcher = watch(dir, { ignored, ignoreInitial: true, persistent: true });
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  watcher.on('all', (_event, file) => {
    changed.add(path.relative(dir, file));
    clearTimeout(timer);
    timer = setTimeout(() => {
      const paths = [...changed];
      changed.clear();
      onChange(paths);
    }, options.delay);
  });
  let begun = false;
  await new Promise<void>((resolve, reject) => {
    watcher.once('ready', () => { begun = true; resolve(); });
    watcher.on('error', (e) => {
      if (begun) options.onError?.(e);
      else reject(e instanceof Error ? e : new Error(String(e)));
    });
  });
  return {
    async close() {
      clearTimeout(timer);
      await watcher.close();
    },
  };
}

function ignorer(dir: string, patterns: readonly string[]): (file: string) => boolean {
  const own = patterns.map(matcher);
  return (file) => {
    const relative = path.relative(dir, file);
    if (relative === '') return false;
    const parts = relative.split(path.sep);
    return parts.some((part) => part === 'node_modules' || part.startsWith('.')) || own.some((fits) => fits(relative, parts));
  };
}

// chokidar 5 has no globs of its own. Without a slash a pattern is the name of a file or folder anywhere; with one, a path below the folder.
function matcher(pattern: string): (relative: string, parts: readonly string[]) => boolean {
  const text = pattern.replace(/^\.\//, '').replace(/\/(?:\*\*)?$/, '');
  const source = text.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*\*\/?|\*/g, (star) => (star === '*' ? '[^/]*' : '.*'));
  const whole = new RegExp(`^${source}$`);
  const below = new RegExp(`^${source}(?:/|$)`);
  return text.includes('/') ? (relative) => below.test(relative.split(path.sep).join('/')) : (_relative, parts) => parts.some((part) => whole.test(part));
}
