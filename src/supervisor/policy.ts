/**
 * After an exit: restart, stay, or give up; and the delay. Pure.
 *
 * Restart intensity is counted on the clock of running time: an unstable run (shorter than `min_uptime`) is noted
 * at the sum of all run times so far, and only notes within the last `min_uptime * max_restarts` of running time
 * count. Pauses between runs (restart_delay, back-off) so neither hide a crash loop nor make one, and no change of
 * the wall clock matters (after Erlang's supervisor, which counts on a monotonic clock).
 */
import type { AppSpec } from '../config/spec.js';
import type { Intensity } from '../protocol/records.js';

/** Undefined code and signal: nobody saw the end (it died while no daemon lived). */
export interface Exit {
  readonly code?: number;
  readonly signal?: string;
  /** Nothing of its own: what it cannot live without was gone. */
  readonly why?: string;
}

/** Why a worker of a cluster ended that was no crash of its app. */
export const PRIMARY_ENDED = 'the primary of its app ended';

export const NO_INTENSITY: Intensity = { ranTotal: 0, unstableAt: [], lastDelay: 0 };

export type Decision =
  | { readonly do: 'restart'; readonly delay: number; readonly intensity: Intensity }
  | { readonly do: 'stay'; readonly why: string; readonly intensity: Intensity }
  | { readonly do: 'give up'; readonly why: string; readonly intensity: Intensity };

type PolicySpec = Pick<AppSpec, 'autorestart' | 'stop_exit_codes' | 'min_uptime' | 'max_restarts' | 'restart_delay' | 'exp_backoff_restart_delay'>;

/** A back-off grows by half up to 15 s and is forgotten after a run of 30 s, as PM2's (pm2-facts 2.6). */
const BACKOFF_GROWTH = 1.5;
const BACKOFF_MAX = 15_000;
export const BACKOFF_RESET = 30_000;
/** ms. */
const AFTER_LOSS = 1000;

/** `ran`: ms the run lasted, on a monotonic clock where it was seen, else by the wall clock. */
export function afterExit(spec: PolicySpec, exit: Exit, ran: number, before: Intensity): Decision {
  const ranTotal = before.ranTotal + ran;
  const calm = ran >= BACKOFF_RESET;
  const idle: Intensity = { ranTotal, unstableAt: before.unstableAt, lastDelay: calm ? 0 : before.lastDelay };

  if (!spec.autorestart) return { do: 'stay', why: 'autorestart is off', intensity: idle };
  if (exit.code !== undefined && spec.stop_exit_codes.includes(exit.code)) {
    return { do: 'stay', why: `exit code ${exit.code} is in stop_exit_codes`, intensity: idle };
  }

  const window = spec.min_uptime * Math.max(1, spec.max_restarts);
  // What it could not live without is not its fault; but whatever ended that may end it again at once.
  if (exit.why !== undefined) return { do: 'restart', delay: ran < spec.min_uptime ? Math.max(AFTER_LOSS, spec.restart_delay) : spec.restart_delay, intensity: idle };
  const unstable = ran < spec.min_uptime;
  const unstableAt = before.unstableAt.filter((t) => t > ranTotal - window);
  if (unstable) unstableAt.push(ranTotal);
  if (unstable && unstableAt.length >= spec.max_restarts) {
    const times = unstableAt.length === 1 ? 'once' : `${unstableAt.length} times in a row`;
    return { do: 'give up', why: `it ended ${times} within ${spec.min_uptime} ms of its start (${exitWords(exit)})`, intensity: { ranTotal, unstableAt: [], lastDelay: 0 } };
  }

  const delay = nextDelay(spec, calm ? 0 : before.lastDelay);
  return { do: 'restart', delay, intensity: { ranTotal, unstableAt, lastDelay: spec.exp_backoff_restart_delay > 0 ? delay : 0 } };
}

function nextDelay(spec: PolicySpec, last: number): number {
  const base = spec.exp_backoff_restart_delay;
  if (base <= 0) return spec.restart_delay;
  return last <= 0 ? base : Math.min(BACKOFF_MAX, Math.floor(last * BACKOFF_GROWTH));
}

/** "it ended after 12 ms with exit code 1". */
export function endWords(exit: Exit, ran: number): string {
  if (exit.why !== undefined) return `it ended after ${Math.round(ran)} ms, since ${exit.why}`;
  return `it ended after ${Math.round(ran)} ms${exit.signal === undefined && exit.code === undefined ? '' : ` with ${exitWords(exit)}`}`;
}

/** "exit code 1", "signal SIGKILL", "its end was not seen". */
export function exitWords(exit: Exit): string {
  if (exit.why !== undefined) return exit.why;
  if (exit.signal !== undefined) return `signal ${exit.signal}`;
  if (exit.code !== undefined) return `exit code ${exit.code}`;
  return 'its end was not seen';
}
