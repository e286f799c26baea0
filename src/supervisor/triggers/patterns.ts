import path from 'node:path';

/** Asks about an absolute path. */
type Fits = (file: string) => boolean;

/**
 * What a list such as `ignore_watch` says, as one question. An entry without a slash is the name of a file or folder
 * anywhere below `root`; with one it is a path from `base`, and all below it. `*`, `?`, `**`, `{a,b}` and `[a-z]` stand
 * for parts of names, as they did in PM2 (its watcher had them, ours has not).
 */
export function matcher(patterns: readonly string[], base: string, root = base): Fits {
  const all = patterns.map((pattern) => pattern.replace(/^\.\//, '').replace(/\/(?:\*\*)?$/, ''));
  const names = either(all.filter((text) => !text.includes('/')), '$');
  const paths = either(all.filter((text) => text.includes('/')).map((text) => path.resolve(base, text).split(path.sep).join('/')), '(?:/|$)');
  return (file) => (names !== undefined && below(root, file).split('/').some((part) => part !== '..' && names.test(part)))
    || (paths?.test(file.split(path.sep).join('/')) ?? false);
}

// One expression for all: a watcher asks for every file below a folder.
function either(globs: readonly string[], end: string): RegExp | undefined {
  return globs.length === 0 ? undefined : new RegExp(`^(?:${globs.map(source).join('|')})${end}`);
}

const below = (base: string, file: string): string => path.relative(base, file).split(path.sep).join('/');

/** Where to look for what a path or pattern names, and what of it is meant; `only` undefined: all below. */
export function rootOf(pattern: string, base: string): { readonly root: string; readonly only?: Fits } {
  const at = /[*?{[]/.exec(pattern)?.index;
  if (at === undefined) return { root: path.resolve(base, pattern) };
  const fixed = pattern.slice(0, pattern.lastIndexOf('/', at) + 1);
  const root = path.resolve(base, fixed);
  const rest = new RegExp(`^${source(pattern.slice(fixed.length))}(?:/|$)`);
  return { root, only: (file) => rest.test(below(root, file)) };
}

/** The regular expression of a pattern. */
function source(glob: string): string {
  return glob.replace(/\\.|\*\*\/?|\*|\?|\{[^{}]*\}|\[[^\]]*\]|[.+^$(){}|[\]\\]/g, (part) => {
    if (part === '*') return '[^/]*';
    if (part === '?') return '[^/]';
    if (part.startsWith('**')) return part.endsWith('/') ? '(?:.*/)?' : '.*';
    if (part.startsWith('{') && part.endsWith('}')) return `(?:${part.slice(1, -1).split(',').map(source).join('|')})`;
    if (part.startsWith('[') && part.length > 2) return `[${part.slice(1, -1).replace(/^!/, '^').replace(/[\\\]]/g, '\\$&')}]`;
    // `\.` of a pattern that was meant as a regular expression is the dot.
    return `\\${part.length > 1 && part.startsWith('\\') ? part.slice(1) : part}`;
  });
}
