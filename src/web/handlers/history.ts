import { MgrError } from '../../base/errors.js';
import type { HistoryView } from '../api-types-machine.js';
import type { Some, Web } from '../context.js';
import { HttpError } from '../http-error.js';
import { LEVELS } from '../history/bounds.js';
import { MACHINE, ownersOf } from '../history/owners.js';
import { viewOf } from '../history/thin.js';
import { metricsOf, numberOf } from '../metrics-of.js';
import { moment, words } from './times.js';

interface Wish { readonly from?: string; readonly to?: string; readonly series?: string; readonly points?: number }
const HOUR = 3_600_000;

export function historyHandlers(web: Web): Some<'processHistory' | 'machineHistory'> {
  return {
    processHistory: async ({ params: { target }, query }) => {
      const found = await web.link.call('process.describe', { target });
      const owners = ownersOf((await web.link.call('process.list', {})).processes);
      return found.map((d) => {
        const units = new Map(metricsOf(d.metrics).flatMap((m) => { const unit = numberOf(m)?.unit; return unit === undefined ? [] : [[`custom:${m.name}`, unit] as const]; }));
        return { id: d.id, name: d.name, ...past(web, owners.get(d.id) ?? '', query, units) };
      });
    },
    machineHistory: ({ query }) => past(web, MACHINE, query),
  };
}

function past(web: Web, owner: string, wish: Wish, units?: ReadonlyMap<string, string>): HistoryView {
  const now = web.clock.wall();
  const to = Math.min(moment(wish.to, 'to', now) ?? now, now);
  const from = Math.max(moment(wish.from, 'from', now) ?? to - HOUR, now - LEVELS[1].keep);
  if (from > to) throw new MgrError('BAD_OPTION', { path: 'from', got: wish.from, wanted: 'a moment before `to`, within the last 31 days', fix: 'see /api/openapi.json' });
  const found = web.recorder.read(owner, from, to, now, words(wish.series));
  if (!found) throw new HttpError(503, 'NO_HISTORY', `no history is kept: ${web.recorder.reason ?? 'the database is not open yet'}`, 'everything else goes on; mgr doctor tells more');
  return viewOf(found, from, to, wish.points ?? 1500, units);
}
