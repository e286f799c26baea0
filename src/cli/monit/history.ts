/** The ends of several files as one log. Pure. */

export interface Tail {
  readonly stream: 'out' | 'err';
  readonly path: string;
  readonly lines: readonly string[];
  /** The time at the head of a line, wall-clock ms. */
  readonly date: (line: string) => number | undefined;
}

export interface Told { readonly stream: 'out' | 'err' | 'note'; readonly text: string }

/**
 * By the times in their lines when every file has them; a line without one stays behind the one above it. Else one file
 * after the other, each under its name: nothing tells whose line came first.
 */
export function together(tails: readonly Tail[]): Told[] {
  const full = tails.filter((t) => t.lines.length > 0);
  if (full.length < 2) return full.flatMap((t) => t.lines.map((text) => ({ stream: t.stream, text })));
  const dated = full.map((t) => datesOf(t));
  if (dated.some((dates) => dates === undefined)) {
    return [...full.flatMap((t): Told[] => [{ stream: 'note', text: `the end of ${t.path}` }, ...t.lines.map((text) => ({ stream: t.stream, text }))]), HERE];
  }
  const all = full.flatMap((t, i) => t.lines.map((text, n) => ({ stream: t.stream, text, at: dated[i]?.[n] ?? 0 })));
  // Sorting is stable: lines of one file stay in their order.
  return all.sort((a, b) => a.at - b.at).map(({ stream, text }) => ({ stream, text }));
}

const HERE: Told = { stream: 'note', text: 'from here on as it comes' };

// Undefined: too few of its lines have a time (a stack trace has many lines under one).
function datesOf({ lines, date }: Tail): readonly number[] | undefined {
  const found = lines.map(date);
  const known = found.filter((at) => at !== undefined);
  let last = known[0];
  if (last === undefined || known.length * 8 < lines.length) return undefined;
  const dates: number[] = [];
  // A clock that was set back does not tear the file apart.
  for (const at of found) dates.push(last = Math.max(last, at ?? last));
  return dates;
}
