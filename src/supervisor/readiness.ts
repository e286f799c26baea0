import type { Clock } from '../base/clock.js';
import type { AppSpec } from '../config/spec.js';

/** What a run can be asked to show before it counts as ready. */
export type Gate = 'message' | 'health' | 'listening' | 'settled';

export type OverlapKeys = 'exec_mode' | 'overlap' | 'listen';

/** May two runs live side by side? Where they would fight for a port a reload can only be a restart. */
export function overlaps(spec: Pick<AppSpec, OverlapKeys>): boolean {
  return spec.overlap ?? (spec.exec_mode === 'cluster' || spec.listen !== undefined);
}

/** ms a run that was replaced is given for its connections. */
export function drainTime(spec: Pick<AppSpec, 'drain_timeout'>): number { return spec.drain_timeout ?? 10_000; }

/**
 * ms a run that is taken down is given for its connections. `renewed`: a person restarts it, and it is well. Then its siblings
 * serve, and it may take the time that a reload gives. Who stops it wants it gone soon; one that is alone is missed meanwhile.
 */
export function downTime(spec: Pick<AppSpec, 'drain_timeout' | 'kill_timeout' | 'instances'>, renewed: boolean): number {
  return renewed && spec.instances > 1 ? Math.max(spec.kill_timeout, drainTime(spec)) : spec.kill_timeout;
}

/** Is it online only after it showed something? */
export function gated(spec: Pick<AppSpec, 'wait_ready' | 'health_check'>): boolean {
  return spec.wait_ready || spec.health_check !== undefined;
}

/** ms from the birth to the moment at which a run that is not ready counts as failed. */
export function readyWithin(spec: Pick<AppSpec, 'listen_timeout' | 'health_check'>): number {
  return Math.max(spec.listen_timeout, spec.health_check?.start_period ?? 0);
}

/** What a run must show when it is started. */
export function startGates(spec: Pick<AppSpec, 'wait_ready' | 'health_check'>): Gate[] {
  return [...(spec.wait_ready ? ['message' as const] : []), ...(spec.health_check === undefined ? [] : ['health' as const])];
}

/**
 * What a run must show before it takes the place of a living one; never nothing. `listened`: the living one listens, so
 * the new one must. A health check over a shared port may be answered by its siblings, so it does not replace that.
 */
export function heirGates(spec: Pick<AppSpec, 'wait_ready' | 'health_check'>, listened: boolean): Gate[] {
  const declared = startGates(spec);
  if (listened && !spec.wait_ready) return [...declared, 'listening'];
  return declared.length > 0 ? declared : ['settled'];
}

/** The gates of one run. `settled` opens by itself, after `settle` ms. */
export class Readiness {
  readonly #waits: Set<Gate>;
  readonly #onReady: () => void;
  #cancel: (() => void) | undefined;

  /** `onReady` is called once, never from inside this call; not at all without gates. */
  constructor(gates: readonly Gate[], spec: Pick<AppSpec, 'min_uptime' | 'listen_timeout'>, clock: Clock, onReady: () => void) {
    this.#waits = new Set(gates);
    this.#onReady = onReady;
    if (this.#waits.has('settled')) this.#cancel = clock.after(Math.min(spec.min_uptime, spec.listen_timeout / 2), () => this.pass('settled'));
  }

  get waits(): ReadonlySet<Gate> { return this.#waits; }

  pass(gate: Gate): void {
    if (this.#waits.delete(gate) && this.#waits.size === 0) this.#onReady();
  }

  /** The run is over, or nobody waits for it any more. */
  close(): void {
    this.#cancel?.();
    this.#waits.clear();
  }
}

const WORDS: Readonly<Record<Gate, string>> = {
  message: 'it did not say `ready`', health: 'its health check did not succeed', listening: 'it did not listen', settled: 'it did not settle',
};

/** "it did not listen within 3000 ms". `health`: what the last check found. */
export function lateWords(waits: Iterable<Gate>, ms: number, health?: string): string {
  const gates = [...waits];
  const missing = gates.map((g) => WORDS[g]).join(' and ');
  return `${missing === '' ? 'it was not ready' : missing} within ${ms} ms${gates.includes('message') ? ' (wait_ready)' : ''}${health === undefined ? '' : ` (${health})`}`;
}
