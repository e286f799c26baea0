import type { CatchUp } from './views.js';
import type { NextTime } from '../config/croner.js';

/** ms. A restart over a slot, or a busy machine, is no reason to lose it. */
const LATE = 5000;
const LATE_AT_LEAST = 250;
/** A schedule that made up for years of seconds would fill the disk. */
export const MOST_SLOTS = 1000;
/** ms. The clock was set back by so much: what is ahead was made by a wrong clock. Less is waited for, so that nothing comes twice. */
export const SET_BACK = 3 * 3_600_000;

export interface SlotWish {
  /** The last slot that was dealt with, wall-clock ms. */
  readonly last: number;
  readonly now: number;
  readonly catchUp: CatchUp;
  readonly next: NextTime;
}

export interface SlotChoice {
  /** Slots that get a job, the earliest first. */
  readonly run: readonly number[];
  /** The new last slot. */
  readonly last: number;
  readonly next: number | undefined;
  /** Slots that were to run by `catchUp: 'all'` and are too many; it may be more. */
  readonly dropped: boolean;
}

/** Multiples of `every` since 1970: whoever counts gets the same. */
export function everyTime(every: number): NextTime {
  return (after) => (Math.floor(after / every) + 1) * every;
}

/**
 * Which of the slots in (last, now] get a job. The newest may be late by half the way to the next one
 * (0.25 to 5 s); all others were missed, and only `catchUp` brings them back.
 */
export function chooseSlots({ last: known, now, catchUp, next }: SlotWish): SlotChoice {
  const last = known - now > SET_BACK ? now : known;
  const due = latestSlots(next, last, now, catchUp === 'all' ? MOST_SLOTS + 1 : 1);
  const newest = due.at(-1);
  if (newest === undefined) return { run: [], last, next: next(last), dropped: false };
  const following = next(newest);
  const run = catchUp === 'all' ? due.slice(-MOST_SLOTS) : catchUp === 'one' || now - newest <= lateness(newest, following) ? [newest] : [];
  return { run, last: newest, next: following, dropped: due.length > run.length && catchUp === 'all' };
}

function lateness(slot: number, following: number | undefined): number {
  return following === undefined ? LATE : Math.min(LATE, Math.max(LATE_AT_LEAST, (following - slot) / 2));
}

/** The last `most` times in (after, until]. Looks back in growing windows, so that a long absence costs nothing. */
function latestSlots(next: NextTime, after: number, until: number, most: number): number[] {
  for (let window = 1000; ; window *= 4) {
    const from = Math.max(after, until - window);
    const found: number[] = [];
    for (let t = next(from); t !== undefined && t <= until; t = next(t)) found.push(t);
    if (found.length >= most || from === after) return found.slice(-most);
  }
}
