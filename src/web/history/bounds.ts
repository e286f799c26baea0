/** How much of the past is kept, and how. Sizes measured with 100 processes of five series: about 45 MB in all. */
export interface Level {
  /** ms between two points. */
  readonly step: number;
  /** Points of one stored row. */
  readonly points: number;
  /** ms after which a row is dropped. */
  readonly keep: number;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** 10 s for a day in rows of 5 min; 5 min for a month in rows of 2 h. The row of one level is the point of the next. */
export const LEVELS: readonly [Level, Level] = [
  { step: 10_000, points: 30, keep: DAY },
  { step: 5 * MINUTE, points: 24, keep: 31 * DAY },
];

/** Bytes of all rows together; beyond it the oldest go, whatever their age. */
export const MOST_BYTES = 64 * 1024 * 1024;
/** Whose past is kept at once, and series of each: a program that invents names must not fill the disk. */
export const MOST_OWNERS = 1000;
export const MOST_SERIES = 32;
/** Characters of the name of a series. */
export const LONGEST_NAME = 100;

/** ms of one row. */
export const spanOf = (l: Level): number => l.step * l.points;
/** The begin of the step, or the row, in which a moment lies. */
export const floorTo = (at: number, ms: number): number => Math.floor(at / ms) * ms;
