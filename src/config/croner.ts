/** Times of cron patterns: the only file that knows croner, which is loaded when the first pattern is there. */
import { reasonOf } from '../base/errors.js';

export interface CronWish {
  /** IANA name; the machine's own when left out. */
  readonly zone?: string | undefined;
  /**
   * A pattern that names its hours keeps to them when the clocks change: what falls into a skipped hour comes once, at the
   * next minute there is, what falls into a repeated hour comes in the first of the two. Without it that is so only for
   * patterns of one time a day. A pattern of all hours always goes by real time.
   */
  readonly once?: boolean;
}

/** The first time after `after`, both wall-clock ms; undefined: it never comes. */
export type NextTime = (after: number) => number | undefined;

/** Gives what makes a pattern's times. That throws croner's words where it cannot read the pattern or the zone. */
export async function loadCron(): Promise<(pattern: string, options?: CronWish) => NextTime> {
  const { Cron } = await import('croner');
  return (pattern, { zone, once = false } = {}) => {
    // `sloppyRanges`: `0/30` and `/30`, as PM2's users write them.
    const cron = new Cron(once ? spelledOut(pattern) : pattern, {
      paused: true, mode: '5-or-6-parts', sloppyRanges: true, ...(once && { fixedTimeRule: 'no-wildcard' }), ...(zone !== undefined && { timezone: zone }),
    });
    return (after) => cron.nextRun(new Date(after))?.getTime();
  };
}

/** Why croner cannot run this; undefined: it can. The door's form (cron-form.ts) is held to agree by a test. */
export async function cronFault(pattern: string, zone?: string): Promise<string | undefined> {
  const cron = await loadCron();
  try {
    return cron(pattern, { zone })(0) === undefined ? 'it never comes' : undefined;
  } catch (e) {
    return reasonOf(e);
  }
}

/** With named hours, every n minutes is as fixed a time as a list of minutes; croner takes only the list for one. */
function spelledOut(pattern: string): string {
  const parts = pattern.trim().split(/\s+/);
  const hour = parts.length - 4;
  if (hour < 1 || /[*?/]/.test(parts[hour] ?? '*')) return pattern;
  return parts.map((part, i) => (i < hour ? part.split(',').map(listed).join(',') : part)).join(' ');
}

function listed(part: string): string {
  const [, from = '', step = '1'] = /^(\*|\?|\d*)(?:\/(\d+))?$/.exec(part) ?? [];
  if (!/[*?/]/.test(part) || (from === '' && !part.includes('/')) || Number(step) < 1) return part;
  const first = /^\d+$/.test(from) ? Number(from) : 0;
  const list: number[] = [];
  for (let n = first; n < 60; n += Number(step)) list.push(n);
  return list.join(',');
}
