/** One restart because files changed. */
export interface Cause {
  /** What had changed, relative to the watched folder. */
  readonly paths: ReadonlySet<string>;
  /** ms from the start of the program to the change. */
  readonly after: number;
}

/** So many restarts in a row by the same file make a loop, when the file changes … */
const ALIKE = 5;
/** … always after about the same time, as a program does and no person: ms, */
const SOON = 10_000;
/** or, if at any time, at once and so often: ms. */
const AT_ONCE = 3000;
/** How many causes are worth keeping. */
export const MOST_CAUSES = 2 * ALIKE;

/**
 * Does the program restart itself by what it writes below its own watched folder? `causes`: restarts in a row, each by a change
 * that came after the restart before it, the newest last. Gives the path that is always among the changed ones: a
 * file, or the folder of files with ever new names; `.` when they have only the watched folder in common.
 */
export function loopIn(causes: readonly Cause[]): string | undefined {
  const few = causes.slice(-ALIKE);
  const many = causes.slice(-MOST_CAUSES);
  if (few.length === ALIKE && regular(few)) {
    const file = sameFile(few);
    if (file !== undefined) return file;
  }
  if (many.length < MOST_CAUSES) return undefined;
  return (many.every((c) => c.after <= AT_ONCE) ? sameFile(many) : undefined) ?? (regular(many) ? newFiles(many) : undefined);
}

function regular(causes: readonly Cause[]): boolean {
  const times = causes.map((c) => c.after).sort((x, y) => x - y);
  const [least = 0, middle = 0, most = 0] = [times[0], times[times.length >> 1], times.at(-1)];
  return most <= SOON && most - least <= 0.1 * middle + 250;
}

/** Of several the shortest: the folder rather than the file in it. */
function sameFile(causes: readonly Cause[]): string | undefined {
  return shortest([...causes[0]?.paths ?? []].filter((p) => causes.every((c) => c.paths.has(p))));
}

/** The nearest folder of files that each have a new name: a person comes back to one. */
function newFiles(causes: readonly Cause[]): string | undefined {
  const all = causes.flatMap((c) => [...c.paths]);
  if (new Set(all).size < all.length) return undefined;
  const folders = foldersOf(all[0] ?? '').filter((dir) => all.every((p) => p.startsWith(`${dir}/`)));
  return folders.at(-1) ?? '.';
}

const shortest = (paths: readonly string[]): string | undefined => paths.toSorted((a, b) => a.length - b.length)[0];

function foldersOf(file: string): string[] {
  const parts = file.split('/').slice(0, -1);
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'));
}
