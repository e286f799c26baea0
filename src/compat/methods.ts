/**
 * PM2's calls (pm2-facts 3.3) in terms of a narrow port: one row per method. Any pm2 client that a module brings along
 * finds a daemon that answers, and so does not start one of its own.
 */
import path from 'node:path';
import { isMgrError, reasonOf } from '../base/errors.js';
import type { Pm2Record } from './record.js';

/** What PM2's calls need of the daemon. A verb on an id rejects with a MgrError when it fails. */
export interface CompatPort {
  list(): Promise<readonly Pm2Record[]>;
  start(id: number): Promise<unknown>;
  stop(id: number): Promise<unknown>;
  /** `env`: variables to lay over the inherited ones. */
  restart(id: number, env?: Readonly<Record<string, string>>): Promise<unknown>;
  remove(id: number): Promise<unknown>;
  reset(id: number): Promise<unknown>;
  signal(id: number, signal: string): Promise<unknown>;
  /** To the child's process.on('message'). */
  send(id: number, message: unknown): Promise<unknown>;
  reopenLogs(): void;
  /** A PM2 client tells what it has done: a process:event for the bus. */
  notify(id: number, event: string, manually: boolean): void;
  /** Facts about the daemon for getReport; versions, user, start. */
  report(): Readonly<Record<string, unknown>>;
}

/** What clients compare: new enough for every gate that modules have. */
export const PM2_VERSION = '7.0.4';

/** Answers one request body with `{args: […]}`, `{methods}` or `{error}`. Never throws, always replies. */
export function pm2Calls(port: CompatPort): (body: unknown, reply: (answer: unknown) => void) => void {
  return (body, reply) => {
    answer(port, body).then(reply, (e: unknown) => reply({ error: isMgrError(e) || e instanceof CallError ? e.message : reasonOf(e) }));
  };
}

/** The sentence goes to the client as it is. */
class CallError extends Error {}

async function answer(port: CompatPort, body: unknown): Promise<unknown> {
  const b = bag(body);
  if (b['type'] === 'methods') return { methods: Object.fromEntries(Object.keys(METHODS).map((name) => [name, { name, params: ['opts', 'cb'] }])) };
  const method = b['method'];
  if (typeof method !== 'string') throw new CallError('.method required');
  const args: unknown = b['args'];
  if (!Array.isArray(args)) throw new CallError('.args required');
  const row = Object.hasOwn(METHODS, method) ? METHODS[method] : undefined;
  if (!row) throw new CallError(`method "${method}" does not exist`);
  const result = await row(port, args[0], args[1]);
  return { args: result === undefined ? [] : [result] };
}

type Row = (port: CompatPort, arg: unknown, second: unknown) => unknown;

const METHODS: Readonly<Record<string, Row>> = {
  ping: () => ({ msg: 'pong' }),
  getVersion: () => PM2_VERSION,
  getReport: (port) => ({ pm2_version: PM2_VERSION, ...port.report() }),
  getMonitorData: (port) => port.list(),
  // Host figures are not ours to measure; clients take an empty map.
  getSystemData: () => ({}),
  startProcessId: (port, arg) => act(port, arg, (id) => port.start(id)),
  stopProcessId: (port, arg) => act(port, arg, (id) => port.stop(id)),
  restartProcessId: (port, arg) => act(port, arg, (id) => port.restart(id, envOf(arg))),
  reloadProcessId: (port, arg) => act(port, arg, (id) => port.restart(id, envOf(arg))),
  softReloadProcessId: (port, arg) => act(port, arg, (id) => port.restart(id, envOf(arg))),
  async deleteProcessId(port, arg) {
    const { pid, name, pm2_env, pm_id } = await find(port, arg);
    await port.remove(pm_id);
    return { pid, name, pm2_env: { ...pm2_env, status: 'stopped' }, pm_id };
  },
  async resetMetaProcessId(port, arg) {
    await port.reset((await find(port, arg)).pm_id);
    return port.list();
  },
  async sendSignalToProcessId(port, arg) {
    await port.signal((await find(port, bag(arg)['process_id'])).pm_id, signalOf(arg));
    return port.list();
  },
  async sendSignalToProcessName(port, arg) {
    const name = bag(arg)['process_name'];
    const found = (await port.list()).filter((r) => r.name === name || path.basename(String(r.pm2_env['pm_exec_path'])) === name);
    if (found.length === 0) throw new CallError('Unknown process name');
    for (const r of found) await port.signal(r.pm_id, signalOf(arg));
    return port.list();
  },
  async sendDataToProcessId(port, arg) {
    const packet = bag(arg);
    if (packet['id'] === undefined || !packet['data'] || !packet['topic']) throw new CallError('ID, DATA or TOPIC field is missing');
    await port.send((await find(port, packet['id'])).pm_id, arg);
    return { success: true, data: arg };
  },
  msgProcess,
  // Watching is a part of our own stop and start; clients ask for it before each of those.
  stopWatch: () => ({ success: true }),
  startWatch: () => ({ success: true }),
  toggleWatch: () => ({ success: true }),
  async notifyByProcessId(port, arg) {
    const { action_name: event, manually } = bag(arg);
    const { pm_id } = await find(port, arg);
    if (typeof event === 'string' && NOTIFIED.has(event)) port.notify(pm_id, event, manually === true);
    return undefined;
  },
  reloadLogs(port) {
    port.reopenLogs();
    return {};
  },
};

// Stop, start and delete are told by the daemon itself when they happen; a client's word would double them.
const NOTIFIED = new Set(['reload', 'graceful reload']);

async function act(port: CompatPort, arg: unknown, deed: (id: number) => Promise<unknown>): Promise<unknown> {
  const before = await find(port, arg);
  await deed(before.pm_id);
  const { pid, name, pm2_env, pm_id } = await find(port, before.pm_id);
  return { pid, name, pm2_env, pm_id, process: { pid } };
}

async function find(port: CompatPort, arg: unknown): Promise<Pm2Record> {
  const id = typeof arg === 'object' && arg !== null && 'id' in arg ? arg.id : arg;
  const found = (await port.list()).find((r) => String(r.pm_id) === String(id));
  if (!found) throw new CallError(`${String(id)} : id unknown`);
  return found;
}

/** An action goes to one process by id, or to all online ones that have it and answer to the name. */
async function msgProcess(port: CompatPort, arg: unknown): Promise<unknown> {
  const { id, name, msg, opts, uuid, action_name } = bag(arg);
  const action = msg ?? action_name;
  if (typeof action !== 'string') throw new CallError('.msg required');
  const packet = opts === undefined && uuid === undefined ? action : arg;
  if (id !== undefined && id !== null) {
    await port.send((await find(port, id)).pm_id, packet);
    return { process_count: 1, success: true };
  }
  const targets = (await port.list()).filter((r) => r.pm2_env['status'] === 'online' && named(r, name) && hasAction(r, action));
  await Promise.all(targets.map((r) => port.send(r.pm_id, packet)));
  return { process_count: targets.length, success: true };
}

function named({ name, pm2_env }: Pm2Record, wanted: unknown): boolean {
  return wanted === 'all' || [name, pm2_env['namespace'], path.basename(String(pm2_env['pm_exec_path']))].includes(wanted);
}

function hasAction({ pm2_env }: Pm2Record, action: string): boolean {
  const actions = pm2_env['axm_actions'];
  return Array.isArray(actions) && actions.some((a: unknown) => bag(a)['action_name'] === action);
}

function signalOf(arg: unknown): string {
  const { signal } = bag(arg);
  if (typeof signal !== 'string' && typeof signal !== 'number') throw new CallError('.signal required');
  return String(signal);
}

// Only variables: `current_conf` and other records in it are the client's own bookkeeping.
function envOf(arg: unknown): Readonly<Record<string, string>> | undefined {
  const { env } = bag(arg);
  if (typeof env !== 'object' || env === null) return undefined;
  return Object.fromEntries(Object.entries(env).filter((pair): pair is [string, string] => typeof pair[1] === 'string'));
}

function bag(v: unknown): Readonly<Record<string, unknown>> {
  return typeof v === 'object' && v !== null ? (v as Record<string, unknown>) : {};
}
