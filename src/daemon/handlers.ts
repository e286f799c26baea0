/** The contract's methods, each in a few lines over the rooms that do the work. */
import { MgrError } from '../base/errors.js';
import { explainEnv } from '../config/explain.js';
import type { AppSpec } from '../config/spec.js';
import { ASKS } from '../protocol/asks.js';
import type { LogFile } from '../protocol/views.js';
import { type CallContext, type Handlers, WithText } from '../rpc/server.js';
import type { ManagedProcess } from '../supervisor/process.js';
import { CHANNEL_PATIENCE } from '../supervisor/launch/channel.js';
import { layersOf } from '../supervisor/launch/env.js';
import { writeStdin } from '../supervisor/launch/stdin.js';
import { checkOrder } from '../supervisor/order.js';
import { withWatch } from '../supervisor/triggers/watch-apps.js';
import { detailOf, viewOf } from '../supervisor/view.js';
import type { Daemon } from './daemon.js';
import { outcomes } from './outcomes.js';
import { signalNamed } from './signals.js';
import { envOf, masked, momentOf, unmasked, unmaskedChange } from './shown.js';
import { checkTriggers } from './triggers.js';

/** Once the end has begun only questions are answered: of the rest the next daemon might not know. */
export function handlers(d: Daemon): Handlers {
  let ending: 'kill' | 'handover' | undefined;
  const all = methods(d);
  const end = (as: 'kill' | 'handover'): void => {
    // Two commands may want the same end; the other one would be a lie to one of them.
    if (ending !== undefined && ending !== as) throw new MgrError('DAEMON_ENDING');
    ending = as;
  };
  const guarded = Object.entries(all).map(([name, handle]) => [name, ASKS.has(name) ? handle : (params: never, call: CallContext): unknown => {
    if (ending !== undefined) throw new MgrError('DAEMON_ENDING');
    return (handle as (params: never, call: CallContext) => unknown)(params, call);
  }] as const);
  return {
    ...(Object.fromEntries(guarded) as Handlers),
    'daemon.kill': (params, call) => { end('kill'); return all['daemon.kill'](params, call); },
    'daemon.handover': (params, call) => {
      const first = ending === undefined;
      end('handover');
      return first ? all['daemon.handover'](params, call) : { pid: process.pid };
    },
  };
}

function methods(d: Daemon): Handlers {
  const { supervisor, records } = d;
  return {
    'hello': () => d.view(),
    'process.start': async ({ apps, ifKnown, ...how }) => outcomes(await supervisor.start(await usable(d, unmasked(d, apps)), ifKnown, how)),
    'process.stop': async ({ targets }) => outcomes(await supervisor.stop(targets)),
    'process.restart': async ({ targets, env, patch }) => outcomes(await supervisor.restart(targets, env || patch ? unmaskedChange((spec) => changed(spec, env, patch)) : undefined)),
    'process.reload': async ({ targets, env, patch, ...how }) => outcomes(await supervisor.reload(targets, { ...how, ...(env || patch ? { change: unmaskedChange((spec) => changed(spec, env, patch)) } : {}) })),
    'process.delete': async ({ targets }) => outcomes(await supervisor.remove(targets)),
    'process.scale': async ({ target, ...wish }) => outcomes([await supervisor.scale(target, wish)]),
    'process.reset': async ({ targets }) => outcomes(await supervisor.reset(targets)),
    'process.signal': async ({ targets, signal }) => outcomes(await supervisor.signal(targets, await signalNamed(signal))),
    'process.send': async ({ id, message }) => {
      const p = one(d, id);
      if (p.token === undefined) throw new MgrError('NOT_RUNNING', { name: p.spec.name, status: p.state.name });
      if (!(await d.channels.sendSoon(p.token, message, p.isNode ? CHANNEL_PATIENCE : 0))) throw new MgrError('NO_CHANNEL', { name: p.spec.name });
      return { delivered: true };
    },
    'process.trigger': (wish) => d.actions.trigger(wish),
    'process.stdin': async ({ id, line }) => {
      const p = one(d, id);
      if (p.pid === 0) throw new MgrError('NOT_RUNNING', { name: p.spec.name, status: p.state.name });
      await writeStdin(p.spec.name, p.stdin, line);
      return { delivered: true };
    },
    'process.list': async () => {
      const usage = await records.usage();
      return { processes: [...supervisor.processes.values()].map((p) => viewOf(p, usage(p))), daemon: d.view() };
    },
    'process.describe': async ({ target, secrets }) => {
      const found = supervisor.find(target);
      const usage = await records.usage();
      return found.map((p) => { const detail = detailOf(p, usage(p)); return secrets === true || records.reveal ? detail : masked(detail); });
    },
    'process.metrics': ({ targets }) => (targets ? targets.flatMap((t) => supervisor.find(t)) : [...supervisor.processes.values()])
      .flatMap(({ id, telemetry: { metrics } }) => (Object.keys(metrics).length === 0 ? [] : [{ id, metrics }])),
    'process.jlist': async ({ have, secrets }) => {
      if (secrets === true) return new WithText({ tag: '' }, 'text', await records.revealed());
      const { tag, text } = await records.text(have);
      return text === undefined ? { tag } : new WithText({ tag }, 'text', text);
    },
    'process.plan': async ({ apps, wish }) => (await d.applying()).plan(unmasked(d, apps), { ...wish, show: wish.show === true || records.reveal }),
    'process.apply': async ({ apps, wish }) => (await d.applying()).apply(await usable(d, unmasked(d, apps)), wish),
    'process.env': ({ id, secrets }) => envOf(d, one(d, id), secrets === true || records.reveal),
    'process.explain': ({ id, secrets }) => {
      const p = one(d, id);
      return explainEnv(layersOf(p, momentOf(d, p, secrets === true || records.reveal)), p.spec.env.filtered ?? [], secrets === true || records.reveal);
    },

    'logs.files': ({ targets }) => {
      const troubles = new Map(d.files.troubles().map((t) => [t.path, t.reason]));
      return logFiles(targets.flatMap((t) => (t === 'all' ? [...supervisor.processes.values()] : supervisor.find(t)))).map((f) => {
        const trouble = troubles.get(f.path);
        return trouble === undefined ? f : { ...f, trouble };
      });
    },
    'logs.flush': ({ targets }) => {
      const processes = targets.length === 0 ? [...supervisor.processes.values()] : targets.flatMap((t) => supervisor.find(t));
      const files = [...new Set(logFiles(processes).map((f) => f.path))];
      if (targets.length === 0) files.push(d.home.daemonLog);
      for (const file of files) d.files.truncate(file);
      return { files };
    },
    'logs.reopen': () => { d.reopenLogs(); return {}; },

    'settings.set': (params) => d.settingsDesk.set(params),
    'settings.get': (params) => d.settingsDesk.get(params),
    'settings.form': async (params) => (await import('./conf.js')).confOf(d, params),
    'settings.unset': (params) => d.settingsDesk.unset(params),

    'settings.reread': async () => ({ said: await d.settingsDesk.reread() }),

    'module.list': () => d.modules.list(),
    'module.activate': (params) => d.modules.activate(params),
    'module.rollback': (params) => d.modules.rollback(params),
    'module.uninstall': ({ names }) => d.modules.uninstall(names),

    'daemon.save': async ({ force, secrets }) => d.revival.save(force, secrets === true || records.reveal),
    'daemon.clearDump': () => d.revival.clear(),
    'daemon.resurrect': async () => outcomes(await d.revival.resurrect()),
    'daemon.kill': async () => {
      const stopped = supervisor.processes.size;
      await d.ending.kill();
      return { stopped };
    },
    'daemon.tether': (_params, { signal }) => {
      signal.addEventListener('abort', () => { void d.ending.kill(); }, { once: true });
      return {};
    },
    'daemon.handover': () => {
      d.ending.handover();
      return { pid: process.pid };
    },
  };
}

function one(d: Daemon, id: number): ManagedProcess {
  const p = d.supervisor.processes.get(id);
  if (!p) throw new MgrError('NOT_FOUND', { target: id });
  return p;
}

/** Options only root may use are refused before anything is started. */
async function usable(d: Daemon, apps: readonly AppSpec[]): Promise<readonly AppSpec[]> {
  await checkTriggers(apps);
  checkOrder(apps, [...d.supervisor.processes.values()].map((p) => p.spec));
  const uid = typeof process.getuid === 'function' ? process.getuid() : 0;
  for (const app of apps) {
    if (uid !== 0 && ((app.uid !== undefined && app.uid !== uid) || app.gid !== undefined)) throw new MgrError('NOT_ROOT', { option: app.uid === undefined ? 'gid' : 'uid', uid });
  }
  return apps;
}

/** `env` is laid over what was inherited (--update-env); what the file declared stays on top of it. */
function changed(spec: AppSpec, env: Readonly<Record<string, string>> | undefined, patch: Partial<AppSpec> | undefined): AppSpec {
  const { watch, ...rest } = patch ?? {};
  const switched = typeof watch === 'boolean' ? withWatch(spec, watch) : { ...spec, ...(watch && { watch }) };
  const next = patch ? { ...switched, ...rest } : spec;
  return env ? { ...next, env: { ...next.env, inherited: { ...next.env.inherited, ...env } } } : next;
}

function logFiles(processes: readonly ManagedProcess[]): LogFile[] {
  return [...new Set(processes)].flatMap((p) => {
    const { out, err, all } = p.paths;
    const base = { id: p.id, name: p.spec.name, namespace: p.spec.namespace, type: p.spec.log_type, date: p.spec.log_date_format };
    return [
      ...(out === undefined ? [] : [{ ...base, stream: 'out' as const, path: out }]),
      ...(err === undefined ? [] : [{ ...base, stream: 'err' as const, path: err }]),
      ...(all === undefined ? [] : [{ ...base, stream: 'all' as const, path: all }]),
    ];
  });
}
