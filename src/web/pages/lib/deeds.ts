/** What may be done with processes, with the question where it hurts and the outcome in words. */
import { ask } from './ask.js';
import { call } from './api.js';
import { many } from './format.js';
import { failed, say } from './notes.js';

export type Verb = 'start' | 'stop' | 'restart' | 'reload' | 'delete' | 'reset' | 'flush';

const DID: Readonly<Record<Verb, string>> = { start: 'started', stop: 'stopped', restart: 'restarted', reload: 'reloaded', delete: 'deleted', reset: 'counter reset', flush: 'logs emptied' };

const LINES = {
  start: 'POST /api/processes/{target}/start', stop: 'POST /api/processes/{target}/stop', restart: 'POST /api/processes/{target}/restart', reload: 'POST /api/processes/{target}/reload',
  delete: 'POST /api/processes/{target}/delete', reset: 'POST /api/processes/{target}/reset', flush: 'POST /api/processes/{target}/flush',
} as const;

/** One target as the API takes it, with the words for people. */
export interface Aim { readonly target: string; readonly name: string; /** Processes that run there. */ readonly running: number }

/** False: it was not wanted after all, or failed (then it was told). */
export async function perform(verb: Verb, aims: readonly Aim[]): Promise<boolean> {
  if (aims.length === 0 || !(await sure(verb, aims))) return false;
  let done = 0;
  for (const aim of aims) {
    try {
      const answer = await call(LINES[verb], { params: { target: aim.target } });
      done++;
      if (answer.said !== undefined) say(`${aim.name}: ${answer.said}`, 'warn');
      else if (aims.length === 1) say(`${aim.name} ${DID[verb]}`);
    } catch (e) { failed(e); }
  }
  if (aims.length > 1 && done > 0) say(`${many(done, 'process', 'processes')} ${DID[verb]}`, done === aims.length ? 'ok' : 'warn');
  return done === aims.length;
}

async function sure(verb: Verb, aims: readonly Aim[]): Promise<boolean> {
  const running = aims.reduce((sum, a) => sum + a.running, 0);
  const what = aims.length === 1 ? aims[0]?.name ?? '' : `${aims.length} processes`;
  // The browser's own branch: the page would be gone with it.
  if ((verb === 'stop' || verb === 'delete') && aims.some((a) => a.name === 'mgr-web')) return ask({ title: `${verb === 'stop' ? 'Stop' : 'Delete'} the dashboard?`, text: 'mgr-web is what serves this page: it goes away with it. `mgr web` in a terminal brings it back.', deed: verb === 'stop' ? 'Stop' : 'Delete', danger: true });
  const list = aims.length > 1 ? { list: aims.map((a) => a.name) } : {};
  if (verb === 'delete') return ask({ title: `Delete ${what}?`, text: `${running > 0 ? 'What runs is stopped. ' : ''}It leaves the list with its restart counter; its log files stay on disk.`, deed: 'Delete', danger: true, ...list });
  if (verb === 'stop' && running > 0) return ask({ title: `Stop ${what}?`, text: `${running > 1 ? `${running} running processes get` : 'It gets'} time to finish, and stay${running > 1 ? '' : 's'} stopped until somebody starts ${running > 1 ? 'them' : 'it'}.`, deed: 'Stop', danger: true, ...list });
  if (verb === 'restart' && running > 1) return ask({ title: `Restart ${what}?`, text: `${running} running processes are away for a moment. Reload replaces them without a gap where that is possible.`, deed: 'Restart', ...list });
  if (verb === 'flush') return ask({ title: `Empty the logs of ${what}?`, text: 'Its present log files are emptied. This cannot be undone.', deed: 'Empty', danger: true, ...list });
  return true;
}

/** To so many processes. */
export async function scale(name: string, to: number, from: number): Promise<boolean> {
  if (to < from && !(await ask({ title: `Scale ${name} down?`, text: `${many(from - to, 'process', 'processes')} of ${from} will be stopped and leave the list, the highest ids first.`, deed: 'Scale down', danger: true }))) return false;
  await call('POST /api/processes/{target}/scale', { params: { target: name }, body: { to } });
  say(`${name} now has ${many(to, 'process', 'processes')}`);
  return true;
}
