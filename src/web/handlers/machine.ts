import fs from 'node:fs';
import { memoryOf } from '../../base/proc.js';
import { VERSION } from '../../base/version.js';
import { storesOf } from '../../database/documents.js';
import type { StoreView } from '../api-types-host.js';
import type { Some, Web } from '../context.js';

export function machineHandlers(web: Web): Some<'store' | 'machine' | 'daemon'> {
  return {
    store: () => storeOf(web),
    machine: () => web.machine.view(),
    daemon: async () => {
      const { link, around } = web;
      const state = link.state;
      const memory = state === 'up' && link.view ? memoryOf([link.view.pid]) : undefined;
      const { daemonCpu } = web.daemon.look(state === 'up' ? link.view?.pid : undefined);
      return {
        // Notices come and go: the daemon is asked anew.
        ...(state === 'up' ? (await link.call('process.list', {})).daemon : link.view ?? {}), state, ...(memory !== undefined && { memory }), ...(daemonCpu !== undefined && { cpu: daemonCpu }),
        ...(state === 'up' && { processes: web.ticker.latest.length }),
        web: { version: VERSION, pid: around.pid, startedAt: web.startedAt, memory: around.rss(), watchers: web.hub.count },
      };
    },
  };
}

function storeOf(web: Web): StoreView {
  web.recorder.open(web.clock.wall());
  const file = web.home.database;
  const bytes = [file, `${file}-wal`].reduce((n, f) => n + (fs.statSync(f, { throwIfNoEntry: false })?.size ?? 0), 0);
  const { database: db, reason, bytes: history } = web.recorder;
  if (!db) return { file, bytes, namespaces: [], history, trouble: reason ?? 'not open' };
  return { file, bytes, namespaces: storesOf(db).map(({ name, documents, bytes: size }) => ({ name, records: documents, bytes: size })), history, ...(reason !== undefined && { trouble: reason }) };
}
