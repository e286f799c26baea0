import { MgrError, isMgrError } from '../base/errors.js';
import type { AppSpec } from '../config/spec.js';
import type { ManagedProcess } from './process.js';
import { standing } from './standing.js';

/**
 * A reload as a transaction: a new run boots beside the living one, and only when it is ready it takes its place; then
 * the old one finishes its connections and is taken down. Whatever goes wrong before that ends the new run, and the
 * old one serves on under its old declaration.
 *
 * Where two runs cannot live side by side (fork mode without held sockets), or none is online, it is a restart.
 * Resolves when the new run serves and the old one is gone. Throws RELOAD_FAILED, RELOAD_BUSY (unless `force`), or what a
 * restart throws.
 */
export async function reload(p: ManagedProcess, spec: AppSpec, force: boolean): Promise<'replaced' | 'restarted'> {
  // What a trigger began is given up for what a person asks for now: the newer run knows all the other would.
  if (force || p.reloading === 'triggered') p.abandon(force ? 'another reload was forced' : 'another reload was asked for');
  if (!p.canReload(spec)) {
    if (spec !== p.spec) p.respec(spec);
    p.restart();
    await standing(p);
    return 'restarted';
  }
  const before = p.pid;
  const succession = p.replace(spec);
  await p.until(() => succession.state !== 'booting');
  if (succession.state === 'inherits') await inherited(p);
  await p.until(() => succession.left);
  if (succession.state === 'failed') {
    throw new MgrError('RELOAD_FAILED', { name: p.spec.name, reason: succession.reason ?? 'for an unknown reason', ...(p.pid !== 0 && p.pid === before && p.want === 'up' ? { serves: before } : {}) });
  }
  return 'replaced';
}

/** The old run died meanwhile: there is nothing to go back to, so the new one is judged like any start. */
async function inherited(p: ManagedProcess): Promise<void> {
  try {
    await standing(p);
  } catch (e) {
    if (!isMgrError(e)) throw e;
    const { reason } = e.data;
    throw new MgrError('RELOAD_FAILED', { name: p.spec.name, reason: `the former run ended meanwhile, and the new one did not come up: ${typeof reason === 'string' ? reason : e.message}` }, e);
  }
}
