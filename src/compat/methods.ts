/**
 * PM2's calls (pm2-facts 3.3) in terms of a narrow port: one row per method. Any pm2 client that a module brings along
 * finds a daemon that answers, and so does not start one of its own.
 */
import path from 'node:path';
import { isMgrError, reasonOf } from '../base/errors.js';
import type { AppSpec } from '../config/spec.js';
import { systemData } from './host.js';
import type { Place } from './prepare.js';
import { PM2_VERSION, type Pm2Record } from './record.js';

/** What PM2's calls need of the daemon. A verb on an id rejects with a MgrError when it fails. */
export interface CompatPort {
  readonly place: Place;
  list(): Promise<readonly Pm2Record[]>;
  /** Starts a new app, whatever is known by its name; gives the ids of its processes. */
  launch(spec: AppSpec): Promise<readonly number[]>;
  start(id: number): Promise<unknown>;
  stop(id: number): Promise<unknown>;
  /** `change`: the new declaration. */
  restart(id: number, change?: (spec: AppSpec) => AppSpec): Promise<unknown>;
  reload(id: number, change?: (spec: AppSpec) => AppSpec): Promise<unknown>;
  /** One more process of the same app; gives its id. */
  duplicate(id: number): Promise<number>;
  remove(id: number): Promise<unknown>;
  reset(id: number): Promise<unknown>;
  /** Undefined: the other way round. */
  watch(id: number, on: boolean | undefined): void;
  /** To the standard input, as it is. */
  write(id: number, text: string): Promise<unknown>;
  signal(id: number, signal: string): Promise<unknown>;
  /** To the child's process.on('message'). */
  send(id: number, message: unknown): Promise<unknown>;
  reopenLogs(): void;
  /** A PM2 client tells what it has done: a process:event for the bus. */
  notify(id: number, event: string, manually: boolean): void;
  /** Stops everything and ends; the client's process is told by SIGQUIT when all is gone. */
  kill(client: number | undefined): void;
  /** Of the daemon itself, for `ms`, into a file. */
  profile(type: 'cpu' | 'mem', file: string, ms: number): Promise<unknown>;
  /** Facts about the daemon for getReport; versions, user, start. */
  report(): Readonly<Record<string, unknown>>;
}

/** Answers one request body with `{args: […]}`, `{methods}` or `{error}`. Never throws; 'silent': PM2 does not answer this one. */
export function pm2Calls(port: CompatPort): (body: unknown, reply: (answer: unknown) => void) => void | 'silent' {
  return (body, reply) => {
    const { type, method, args } = bag(body);
    if (type !== 'methods' && (method === 'killMe' || method === 'notifyKillPM2')) {
      if (method === 'killMe') port.kill(pidOf(Array.isArray(args) ? args[0] : undefined));
      return 'silent';
    }
    void answer(port, body).then(reply, (e: unknown) => reply({ error: isMgrError(e) || e instanceof CallError ? e.message : reasonOf(e) }));
    return undefined;
  };
}

/** ms. */
const PROFILE = 10_000;
/** ms by which the answer to a call goes before the messages it causes. */
const HEADSTART = 15;

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
  getSystemData: systemData,
  async prepare(port, arg) {
    const { specOf } = await import('./prepare.js');
    const ids = await port.launch(specOf(bag(arg), port.place));
    return Promise.all(ids.map(async (id) => started(await find(port, id))));
  },
  async duplicateProcessId(port, arg) {
    return started(await find(port, await port.duplicate((await find(port, arg)).pm_id)));
  },
  startProcessId: async (port, arg) => started(await act(port, arg, (id) => port.start(id))),
  stopProcessId: async (port, arg) => short(await act(port, arg, (id) => port.stop(id))),
  restartProcessId: async (port, arg) => started(await act(port, arg, async (id) => port.restart(id, await changeIn(arg)))),
  reloadProcessId: reload,
  softReloadProcessId: reload,
  async deleteProcessId(port, arg) {
    const before = await find(port, arg);
    await port.remove(before.pm_id);
    return short({ ...before, pid: 0, pm2_env: { ...before.pm2_env, status: 'stopped' } });
  },
  async sendLineToStdin(port, arg) {
    const { pm_id, line } = bag(arg);
    if (pm_id === undefined || pm_id === null || typeof line !== 'string') throw new CallError('pm_id or line field is missing');
    await port.write((await find(port, pm_id)).pm_id, line);
    return { pm_id, line };
  },
  async resetMetaProcessId(port, arg) {
    await port.reset((await find(port, arg)).pm_id);
    return port.list();
  },
  async sendSignalToProcessId(port, arg) {
    await signalled(port, (await find(port, bag(arg)['process_id'])).pm_id, arg);
    return port.list();
  },
  async sendSignalToProcessName(port, arg) {
    const name = bag(arg)['process_name'];
    const found = (await port.list()).filter((r) => r.name === name || path.basename(String(r.pm2_env['pm_exec_path'])) === name);
    if (found.length === 0) throw new CallError('Unknown process name');
    for (const r of found) await signalled(port, r.pm_id, arg);
    return port.list();
  },
  async sendDataToProcessId(port, arg) {
    const packet = bag(arg);
    if (packet['id'] === undefined || !packet['data'] || !packet['topic']) throw new CallError('ID, DATA or TOPIC field is missing');
    await port.send((await find(port, packet['id'])).pm_id, arg);
    return { success: true, data: arg };
  },
  msgProcess,
  // Clients ask for it before each stop and delete: PM2's `stop` switches watching off for good.
  stopWatch: (port, method, arg) => watching(port, arg ?? method, false),
  startWatch: (port, method, arg) => watching(port, arg ?? method, true),
  toggleWatch: (port, method, arg) => watching(port, arg ?? method, undefined),
  restartWatch: () => ({ success: true }),
  async notifyByProcessId(port, arg) {
    const { action_name: event, manually } = bag(arg);
    const { pm_id } = await find(port, arg);
    if (typeof event === 'string' && NOTIFIED.has(event)) port.notify(pm_id, event, manually === true);
    return undefined;
  },
  profileCPU: (port, arg) => profiled(port, 'cpu', arg),
  profileMEM: (port, arg) => profiled(port, 'mem', arg),
  // PM2 Plus: nothing is sent anywhere, and its clients go on.
  monitor: (_port, arg) => ({ success: true, pm_id: arg }),
  unmonitor: (_port, arg) => ({ success: true, pm_id: arg }),
  launchSysMonitoring: () => ({ success: true }),
  // Of clients before 2.x.
  async findByFullPath(port, arg) { return (await port.list()).filter((r) => r.pm2_env['pm_exec_path'] === arg); },
  lock: () => ({}),
  unlock: () => ({}),
  forceGc: () => ({ success: false }),
  reloadLogs(port) {
    port.reopenLogs();
    return {};
  },
};

// Stop, start, restart, reload and delete are told by the daemon itself when they happen; a client's word would double them.
const NOTIFIED = new Set(['graceful reload']);

async function act(port: CompatPort, arg: unknown, deed: (id: number) => Promise<unknown>): Promise<Pm2Record> {
  const before = await find(port, arg);
  await deed(before.pm_id);
  return find(port, before.pm_id);
}

async function reload(port: CompatPort, arg: unknown): Promise<unknown> {
  return started(await act(port, arg, async (id) => port.reload(id, await changeIn(arg))));
}

async function watching(port: CompatPort, arg: unknown, on: boolean | undefined): Promise<unknown> {
  const { pm_id, pm2_env } = await find(port, arg);
  if (on !== (pm2_env['watch'] !== false)) port.watch(pm_id, on);
  return { success: true };
}

/** What PM2 makes of a ChildProcess: the first four are what clients read. */
function started({ pid, name, pm2_env, pm_id }: Pm2Record): unknown {
  const spawnargs = [pm2_env['exec_interpreter'], pm2_env['pm_exec_path'], ...(Array.isArray(pm2_env['args']) ? pm2_env['args'] as unknown[] : [])];
  return { pid, pm2_env, process: { pid }, pm_id, name, connected: pid > 0, killed: false, exitCode: null, signalCode: null, spawnfile: pm2_env['exec_interpreter'], spawnargs };
}

function short({ pid, name, pm2_env, pm_id }: Pm2Record): unknown {
  return { pid, name, pm2_env, pm_id };
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
  const one = id !== undefined && id !== null;
  const targets = one ? [await find(port, id)] : (await port.list()).filter((r) => r.pm2_env['status'] === 'online' && named(r, name) && hasAction(r, action));
  if (one && targets[0]?.pid === 0) throw new CallError(`${targets[0].name} : not running`);
  // The caller hears first how many answers to wait for: one that comes before, on the other socket, he never counts.
  setTimeout(() => {
    for (const r of targets) port.send(r.pm_id, packet).catch(() => {}); // it ended meanwhile; whoever waits for its answer has a limit
  }, HEADSTART);
  return { process_count: targets.length, success: true };
}

function named({ name, pm2_env }: Pm2Record, wanted: unknown): boolean {
  return wanted === 'all' || [name, pm2_env['namespace'], path.basename(String(pm2_env['pm_exec_path']))].includes(wanted);
}

function hasAction({ pm2_env }: Pm2Record, action: string): boolean {
  const actions = pm2_env['axm_actions'];
  return Array.isArray(actions) && actions.some((a: unknown) => bag(a)['action_name'] === action);
}

async function signalled(port: CompatPort, id: number, arg: unknown): Promise<void> {
  const { signal } = bag(arg);
  if (typeof signal !== 'string' && typeof signal !== 'number') throw new CallError('.signal required');
  await port.signal(id, String(signal)).catch((e: unknown) => { throw isMgrError(e) && e.code === 'BAD_OPTION' ? new CallError('Error when sending signal (signal unknown)') : e; });
}

async function changeIn(arg: unknown): Promise<((spec: AppSpec) => AppSpec) | undefined> {
  const { env } = bag(arg);
  return env === undefined ? undefined : (await import('./prepare.js')).changeOf(env);
}

async function profiled(port: CompatPort, type: 'cpu' | 'mem', arg: unknown): Promise<unknown> {
  const { pwd, timeout } = bag(arg);
  if (typeof pwd !== 'string' || !path.isAbsolute(pwd)) throw new CallError('pwd field is missing: the absolute path of a file');
  await port.profile(type, pwd, typeof timeout === 'number' && timeout > 0 ? timeout : PROFILE);
  return { file: pwd };
}

function pidOf(arg: unknown): number | undefined {
  const pid = Number(bag(arg)['pid'] ?? arg);
  return Number.isInteger(pid) && pid > 1 ? pid : undefined;
}

function bag(v: unknown): Readonly<Record<string, unknown>> {
  return typeof v === 'object' && v !== null ? (v as Record<string, unknown>) : {};
}
