import { type CompatPort, pm2Calls } from '../compat/methods.js';
import { MgrError, asError } from '../base/errors.js';
import type { Legacy } from '../rpc/server.js';
import type { Result } from '../supervisor/supervisor.js';
import type { Daemon } from './daemon.js';

/** PM2's clients on our socket: the modules' own copies of pm2 find a daemon that answers. */
export function legacyCalls(d: Daemon): Legacy {
  const port: CompatPort = {
    list: () => d.records.all(),
    start: (id) => one(d.supervisor.startAgain([id])),
    stop: (id) => one(d.supervisor.stop([id])),
    restart: (id, env) => one(d.supervisor.restart([id], env && ((spec) => ({ ...spec, env: { ...spec.env, inherited: { ...spec.env.inherited, ...env } } })))),
    remove: (id) => one(d.supervisor.remove([id])),
    reset: (id) => one(d.supervisor.reset([id])),
    signal: (id, signal) => one(d.supervisor.signal([id], signal as NodeJS.Signals)),
    send: async (id, message) => {
      const p = d.supervisor.processes.get(id);
      if (p?.token === undefined || !(await d.channels.sendSoon(p.token, message, p.isNode ? 1000 : 0))) throw new MgrError('NO_CHANNEL', { name: p?.spec.name ?? id });
    },
    reopenLogs: () => d.reopenLogs(),
    notify: (id, event, manually) => {
      const p = d.supervisor.processes.get(id);
      if (p) d.publisher.tellPm2(event === 'reload' ? 'reload' : 'restart', p, manually);
    },
    report: () => ({
      node_version: process.versions.node, node_path: process.execPath, argv0: process.argv0, argv: process.argv,
      uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, managed_apps: d.supervisor.processes.size, started_at: d.startedAt,
    }),
  };
  return pm2Calls(port);
}

async function one(results: Promise<Result[]>): Promise<void> {
  for (const { error } of await results) if (error !== undefined) throw asError(error);
}
