import { type CompatPort, pm2Calls } from '../compat/methods.js';
import { MgrError, asError } from '../base/errors.js';
import type { Legacy } from '../rpc/server.js';
import { CHANNEL_PATIENCE } from '../supervisor/launch/channel.js';
import { writeStdin } from '../supervisor/launch/stdin.js';
import type { ManagedProcess } from '../supervisor/process.js';
import type { Result } from '../supervisor/result.js';
import { withWatch } from '../supervisor/triggers/watch-apps.js';
import type { Daemon } from './daemon.js';
import { signalNamed } from './signals.js';
import { unmasked, unmaskedChange } from './shown.js';

/** PM2's clients on our socket: the modules' own copies of pm2 find a daemon that answers. */
export function legacyCalls(d: Daemon): Legacy {
  const port: CompatPort = {
    list: () => d.records.all(),
    place: { execPath: process.execPath, version: process.versions.node, logs: d.home.logs, pids: d.home.pids },
    launch: async (spec) => ids(await d.supervisor.start(unmasked(d, [spec]), 'another')),
    start: (id) => one(d.supervisor.startAgain([id])),
    stop: (id) => one(d.supervisor.stop([id])),
    restart: (id, change) => one(d.supervisor.restart([id], change && unmaskedChange(change))),
    reload: (id, change) => one(d.supervisor.reload([id], change === undefined ? {} : { change: unmaskedChange(change) })),
    duplicate: async (id) => {
      const before = new Set(d.supervisor.processes.keys());
      const all = ids([await d.supervisor.scale(id, { by: 1 })]);
      return all.find((n) => !before.has(n)) ?? id;
    },
    watch: (id, on) => {
      const p = known(d, id);
      p.respec(withWatch(p.spec, on ?? p.spec.watch === false));
      d.redeclared(p);
    },
    write: (id, text) => writeStdin(known(d, id).spec.name, known(d, id).stdin, text),
    kill: (client) => { void d.ending.kill(client === undefined ? undefined : () => tell(client)); },
    remove: (id) => one(d.supervisor.remove([id])),
    reset: (id) => one(d.supervisor.reset([id])),
    signal: async (id, signal) => one(d.supervisor.signal([id], await signalNamed(signal))),
    send: async (id, message) => {
      const p = d.supervisor.processes.get(id);
      if (p?.token === undefined || !(await d.channels.sendSoon(p.token, message, p.isNode ? CHANNEL_PATIENCE : 0))) throw new MgrError('NO_CHANNEL', { name: p?.spec.name ?? id });
    },
    reopenLogs: () => d.reopenLogs(),
    notify: (id, event, manually) => {
      const p = d.supervisor.processes.get(id);
      if (p && event === 'graceful reload') d.publisher.tellPm2(event, p, manually);
    },
    profile: async (type, file, ms) => (await import('./profile.js')).profile(type, file, ms),
    report: () => ({
      node_version: process.versions.node, node_path: process.execPath, argv0: process.argv0, argv: process.argv,
      uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, managed_apps: d.supervisor.processes.size, started_at: d.startedAt,
    }),
  };
  return pm2Calls(port);
}

function known(d: Daemon, id: number): ManagedProcess {
  const p = d.supervisor.processes.get(id);
  if (!p) throw new MgrError('NOT_FOUND', { target: id });
  return p;
}

/** A PM2 client that asked for the end waits for this signal. */
function tell(client: number): void {
  try { process.kill(client, 'SIGQUIT'); } catch { /* it did not wait */ }
}

function ids(results: readonly Result[]): number[] {
  for (const { error } of results) if (error !== undefined) throw asError(error);
  return results.flatMap((r) => r.processes.map((p) => p.id));
}

async function one(results: Promise<Result[]>): Promise<void> {
  for (const { error } of await results) if (error !== undefined) throw asError(error);
}
