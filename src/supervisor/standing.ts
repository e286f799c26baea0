import { MgrError } from '../base/errors.js';
import type { AppSpec } from '../config/spec.js';
import type { ExitRecord } from '../protocol/views.js';
import { endWords } from './policy.js';
import { tellingLine } from './telling.js';
import type { ManagedProcess } from './process.js';

/** How long an app run by an interpreter is watched after its start before the start counts as good, ms. */
const SETTLE = 300;
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
      if (!(await p.until(() => p.runNumber !== run || p.state.name !== 'online', SETTLE))) return;
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
  const said = tellingLine(p.log.stderrTail());
  return new MgrError('START_FAILED', { name, reason: `${endWords(last ?? {}, last?.ran ?? 0)}${said === undefined ? '' : `: ${said}`}` });
}

/** A shell or a binary runs, or is gone, at once; node, python and their like first read a program. */
function bootsSlowly(spec: AppSpec): boolean {
  return spec.interpreter !== 'none' && !/(^|\/)\w*sh$/.test(spec.interpreter);
}
