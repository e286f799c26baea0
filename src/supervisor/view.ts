/** State -> what is shown. PM2's public words are made here and nowhere else. */
import type { ProcessDetail, ProcessView, Status } from '../protocol/views.js';
import { waits } from './dependencies.js';
import type { State } from './machine.js';
import type { ManagedProcess } from './process.js';
import type { Usage } from './stats.js';

export function statusOf(state: State): Status {
  switch (state.name) {
    case 'stopped': return 'stopped';
    case 'starting': return 'launching';
    case 'online': return 'online';
    case 'stopping': return 'stopping';
    case 'waiting': return 'waiting restart';
    case 'failed': return 'errored';
  }
}

const isIdle = (state: State): boolean => state.name === 'stopped' || state.name === 'failed';

function noteOf(p: ManagedProcess): string | undefined {
  const notes = [stateNote(p), ...p.remarks.values()].filter((n) => n !== undefined);
  return notes.length > 0 ? notes.join('; ') : undefined;
}

function stateNote(p: ManagedProcess): string | undefined {
  const { state } = p;
  if (state.name === 'failed') return state.reason;
  if (state.name === 'waiting' && state.reason !== undefined) return `${state.reason}; it is tried again`;
  if (state.name === 'online' && state.unready) return `not ready: ${p.lateWords}`;
  if (p.unwell !== undefined) return p.unwell;
  if (p.refused !== undefined && p.want === 'up') return `the last reload failed: ${p.refused}`;
  // A job that ended well is no news at each list; its last exit tells the rest.
  if (state.name === 'stopped' && state.why !== 'asked' && state.why !== 'not started' && p.lastEnd?.code !== 0) return state.why;
  return undefined;
}

export function viewOf(p: ManagedProcess, usage: Usage): ProcessView {
  const note = noteOf(p);
  return {
    id: p.id,
    name: p.spec.name,
    namespace: p.spec.namespace,
    ...(p.spec.version === undefined ? {} : { version: p.spec.version }),
    mode: p.spec.exec_mode,
    pid: p.pid,
    // PM2 has no word for it; it is on its way, and the note says what for.
    status: isIdle(p.state) && waits(p) ? 'launching' : statusOf(p.state),
    restarts: p.restarts,
    unstable: p.unstable,
    ...(p.startedAt === undefined ? {} : { startedAt: p.startedAt }),
    cpu: usage.cpu,
    memory: usage.memory,
    user: p.spec.username,
    // A stop ends the watching, a start takes it up again (pm2-facts 11).
    watching: p.spec.watch !== false && p.want === 'up',
    ...(p.spec.module === undefined ? {} : { module: p.spec.module }),
    ...(note === undefined ? {} : { note }),
  };
}

export function detailOf(p: ManagedProcess, usage: Usage): ProcessDetail {
  const { out, err, all } = p.paths;
  // What the program told; else known without asking when it runs under the Node that runs us.
  const nodeVersion = p.telemetry.nodeVersion ?? (p.spec.interpreter === process.execPath ? process.versions.node : undefined);
  return {
    ...viewOf(p, usage),
    spec: p.spec,
    instance: p.instance,
    uniqueId: p.uniqueId,
    createdAt: p.createdAt,
    ...(out === undefined ? {} : { outPath: out }),
    ...(err === undefined ? {} : { errPath: err }),
    ...(all === undefined ? {} : { logPath: all }),
    pidPath: p.pidPath,
    ...(p.nextRestart === undefined ? {} : { nextRestart: p.nextRestart }),
    ...(nodeVersion === undefined ? {} : { nodeVersion }),
    exits: p.exits,
    stderrTail: p.log.stderrTail(),
    actions: p.telemetry.actions,
    metrics: p.telemetry.metrics,
    options: p.telemetry.options,
  };
}
