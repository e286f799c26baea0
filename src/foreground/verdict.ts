import type { ExitRecord } from '../protocol/views.js';

/** What is asked of each program (modules aside). */
export interface Fate {
  readonly state: 'up' | 'stopped' | 'failed';
  /** It was stopped by somebody, or never started: it did not end by itself. */
  readonly asked: boolean;
  readonly last?: ExitRecord;
}

/** PM2's status when nothing is online any more. */
export const NOTHING_ONLINE = 2;

/**
 * Nothing runs any more and nothing will by itself: the exit status of the whole. Undefined while something is up.
 * One program: its own status, 128 + signal as a shell has it. Several: 0 when all ended well, else 2.
 * `final`: nobody but a command from outside could change it; otherwise somebody stopped programs and may start them again.
 */
export function verdict(fates: readonly Fate[], signals: Readonly<Record<string, number>>): { readonly code: number; readonly final: boolean } | undefined {
  if (fates.some((f) => f.state === 'up')) return undefined;
  if (fates.length === 0 || fates.some((f) => f.asked)) return { code: NOTHING_ONLINE, final: false };
  const codes = fates.map((f) => statusOf(f, signals));
  const [only] = codes;
  if (codes.length === 1 && only !== undefined) return { code: only, final: true };
  return { code: codes.every((c) => c === 0) ? 0 : NOTHING_ONLINE, final: true };
}

function statusOf({ state, last }: Fate, signals: Readonly<Record<string, number>>): number {
  const code = last?.code ?? (last?.signal === undefined ? undefined : 128 + (signals[last.signal] ?? 0));
  // A program that was given up failed, whatever its last words.
  return state === 'failed' ? code || 1 : code ?? 0;
}
