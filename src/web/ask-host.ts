import { MgrError } from '../base/errors.js';
import { fromRecord } from '../protocol/wire.js';
import type { Web } from './context.js';
import { HttpError } from './http-error.js';

/** ms a host has to answer: it may be at work. */
export const PATIENCE = 5000;

/**
 * Asks every process of a host, as each has instances of its own; the first answer counts. What one refuses is refused:
 * the others have done the same to the same files.
 */
export async function askHost(web: Web, host: string, action: string, params: unknown): Promise<unknown> {
  const [outcome] = await web.link.call('process.trigger', { targets: [host], action, ...(params !== undefined && { params }), deadline: PATIENCE }, { deadline: PATIENCE + 5000 });
  if (!outcome) throw new MgrError('NOT_FOUND', { target: host });
  if (!outcome.ok) throw fromRecord(outcome.error);
  const answer = outcome.value.find((r) => r.data !== undefined && !r.error);
  if (answer) return answer.data?.return;
  const refused = outcome.value.find((r) => r.error)?.error;
  // What it says itself, without our words about actions.
  if (refused?.code === 'ACTION_FAILED') throw new HttpError(422, 'REFUSED', String(refused.data['reason']), `mgr logs ${host} may tell more`);
  throw fromRecord(refused ?? { code: 'NO_REPLY', message: '', data: { name: host, action, why: 'within 5 s' } });
}
