import { systemClock } from '../base/clock.js';
import { MgrError } from '../base/errors.js';
import { type Pace, paceOf } from '../base/proc.js';
import type { AppSpec } from '../config/spec.js';
import type { ExitRecord } from '../protocol/views.js';
import { endWords } from './policy.js';
import { tellingLine } from './telling.js';
import type { ManagedProcess } from './process.js';

/** How long an app run by an interpreter is watched after its start before the start counts as good, ms: of the time it is let run. */
const SETTLE = 300;
/** ms. It is watched no longer than this, however little it was let run. */
const MOST_SETTLE = 5000;
const LOOK = 20;
/** How often a restart by a trigger is waited for: a file that changed just now is one, a limit that is passed each time none. */
const FOLLOWED = 2;

/**
 * Waits until a wished-for run stands. Throws why it does not: SPAWN_FAILED when there was no run at all, START_FAILED when it
 * ended or is not ready. Quiet when it was stopped meanwhile, or is a job that ended well.
 */
export async function standing(p: ManagedProcess): Promise<void> {
  for (let restarts = 0; ;) {
    await p.until(() => p.state.name !== 'stopping');
    const before = p.lastEnd;
    // A program that ends before it is ready is told of at its first end, however often it is tried again.
    await p.until(() => p.state.name !== 'starting' || p.lastEnd !== before);
    if (p.state.name === 'online' && p.lastEnd === before) {
      if (p.state.unready) throw new MgrError('START_FAILED', { name: p.spec.name, reason: p.lateWords });
      if (!bootsSlowly(p.spec)) return;
      // An interpreter takes a while to find out that the program cannot run (a port in use, a syntax error).
      const run = p.runNumber;
      if (await settled(p, () => p.runNumber !== run || p.state.name !== 'online')) return;
    }
    if (p.want === 'down') return;
    if (p.state.name === 'stopping') {
      // Somebody restarts it meanwhile: that run is the one to wait for. Not so when it is done again and again, for a reason.
      if (p.state.why === undefined || restarts++ < FOLLOWED) continue;
      throw new MgrError('START_FAILED', { name: p.spec.name, reason: `it is restarted already: ${p.state.why}` });
    }
    const error = failure(p, before);
    if (error) throw error;
    return;
  }
}

/**
 * True: it lasted. On a machine with much to do a program waits for a processor more than it runs, and has not come to its
 * port when a quiet machine would have told; that waiting does not count. `over`: that run is not online any more.
 */
async function settled(p: ManagedProcess, over: () => boolean): Promise<boolean> {
  const begun = systemClock.now();
  let before = paceOf(p.pid);
  let [at, lost] = [begun, 0];
  for (let wait = SETTLE; ;) {
    if (await p.until(over, wait)) return false;
    const now = systemClock.now();
    if (before === undefined || now - begun >= MOST_SETTLE) return true;
    const pace = paceOf(p.pid);
    // One that is gone already: that is told in a moment.
    lost += pace === undefined || isHeldUp(pace, before) ? now - at : pace.waited - before.waited;
    const short = SETTLE - (now - begun - lost);
    if (short <= 0) return true;
    [at, before] = [now, pace ?? before];
    wait = Math.min(Math.max(short, LOOK), MOST_SETTLE - (now - begun));
  }
}

/** It is ready to run and does not, for want of a processor or a disk, or it was stopped; or its end is not yet told. */
function isHeldUp(now: Pace, before: Pace): boolean {
  return now.state === 'R' ? now.ran === before.ran : now.state !== 'S' && now.state !== 'I';
}

/** Why it does not stand; undefined: it is a job that ended well at once. `before`: the last end before this start. */
function failure(p: ManagedProcess, before: ExitRecord | undefined): MgrError | undefined {
  const { name } = p.spec;
  const { state } = p;
  const last = p.lastEnd;
  if (last === before) {
    const reason = state.name === 'failed' ? state.reason : state.name === 'stopped' ? state.why : state.name === 'waiting' ? `${state.reason ?? 'it waits'}; it is tried again in ${state.delay} ms` : `it is ${state.name}`;
    return new MgrError('SPAWN_FAILED', { name, reason });
  }
  // A job that ends well at once is no failure.
  if (last?.code === 0 && last.then.startsWith('stopped')) return undefined;
  const said = last?.why === undefined ? tellingLine(p.log.stderrTail()) : undefined;
  return new MgrError('START_FAILED', { name, reason: `${endWords(last ?? {}, last?.ran ?? 0)}${said === undefined ? '' : `: ${said}`}` });
}

/** A shell or a binary runs, or is gone, at once; node, python and their like first read a program. */
function bootsSlowly(spec: AppSpec): boolean {
  return spec.interpreter !== 'none' && !/(^|\/)\w*sh$/.test(spec.interpreter);
}
