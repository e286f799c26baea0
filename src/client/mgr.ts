/**
 * The JavaScript API: PM2's names, arguments and shapes, with Node callbacks or, without one, promises.
 * Every call connects by itself (and starts the daemon); `disconnect` lets the program end.
 * Methods are bound: `const { start, list } = mgr` works.
 */
import type { Target } from '../protocol/contract.js';
import type { Outcome, ProcessView } from '../protocol/views.js';
import { MgrError } from '../base/errors.js';
import { fromRecord } from '../protocol/wire.js';
import type { ConnectInfo, Packet, ProcessDescription, ProcessSummary, ProcessTarget, StartOptions, Success, Verb } from './api-types.js';
import { EventBus } from './event-bus.js';
import { ListCache } from './jlist.js';
import { type Host, Session } from './session.js';
import { verb } from './verb.js';

type Outcomes = readonly Outcome<ProcessView[]>[];
type WithOptions<A, T> = Verb<[A], T> & Verb<[A, StartOptions | undefined], T>;

const DONE: Success = { success: true };
/** Verbs wait as long as the daemon needs: readiness and kill_timeout have their own ends. */
const PATIENT = { deadline: 0 };

export class Mgr {
  readonly #session: Session;
  readonly #list = new ListCache();
  readonly #buses = new Set<EventBus>();
  #ours = false;

  constructor(host: Host) {
    this.#session = new Session(host);
  }

  /** Connects and starts the daemon where there is none. `noDaemon`: a daemon started by this ends, with its programs, at `disconnect`. */
  readonly connect: Verb<[], ConnectInfo> & Verb<[noDaemon: boolean], ConnectInfo> = verb(async (noDaemon?: boolean) => {
    await this.#session.client();
    const { started, home } = this.#session;
    this.#ours = noDaemon === true && started;
    return { daemon_mode: noDaemon !== true, new_pm2_instance: started, rpc_socket_file: home.rpcSocket, pub_socket_file: home.pubSocket, pm2_home: home.dir };
  });

  /** Ends the connection and every bus; the program may end by itself then. The daemon and the programs run on. */
  readonly disconnect: Verb<[], void> = verb(async () => {
    for (const bus of this.#buses) bus.close();
    this.#buses.clear();
    if (this.#ours) {
      this.#ours = false;
      await this.#kill();
    }
    this.#session.close();
  });

  /**
   * Starts a script (refused when it runs already, unless `force`), a config file, one app, a list of apps or `{apps: […]}`.
   * The name of a managed app restarts it. Gives what runs now. When several apps of a list fail, the callback's error
   * is an array, as PM2's; a promise rejects with an AggregateError.
   */
  readonly start: WithOptions<string | StartOptions | readonly StartOptions[], ProcessDescription[]> = verb(async (what: unknown, options: StartOptions = {}) => {
    const client = await this.#session.client();
    if (typeof what === 'string' && /^[^/.\s]+$/.test(what) && await this.#isManaged(what)) return this.#restart(what, options);
    const { declaredApps } = await import('./declared.js');
    const { specs, faults, ifKnown } = await declaredApps(what, options, this.#session.host);
    const outcomes = specs.length === 0 ? [] : await client.call('process.start', { apps: specs, ifKnown }, PATIENT);
    return this.#describe(outcomes, faults);
  });

  /** Gives the stopped processes; they stay in the list. */
  readonly stop: Verb<[target: ProcessTarget], ProcessSummary[]> = verb(async (target: ProcessTarget) => {
    const client = await this.#session.client();
    return this.#describe(await client.call('process.stop', { targets: await this.#targets(target) }, PATIENT));
  });

  /** `options` change the app on the way; `updateEnv: true` gives it this program's environment. A config file or app objects: as `start`. */
  readonly restart: WithOptions<ProcessTarget | StartOptions | readonly StartOptions[], ProcessSummary[]> = verb(async (target: unknown, options: StartOptions = {}) => {
    if (typeof target === 'string' || typeof target === 'number') return this.#restart(target, options);
    return summaries(await this.start(target as StartOptions, options));
  });

  /** Stops and forgets. Gives what was deleted. */
  readonly delete: Verb<[target: ProcessTarget], ProcessSummary[]> = verb(async (target: ProcessTarget) => {
    const client = await this.#session.client();
    const before = await this.#list.get(client);
    const gone = ids(await client.call('process.delete', { targets: await this.#targets(target) }, PATIENT));
    return summaries(before.filter((p) => gone.has(p.pm_id)).map((p) => ({ ...p, pid: 0, pm2_env: { ...p.pm2_env, status: 'stopped' } })));
  });

  /** Everything that is managed. What you get is yours to change. */
  readonly list: Verb<[], ProcessDescription[]> = verb(async () => this.#list.get(await this.#session.client()));

  /** The processes of this name or id; none is no error. */
  readonly describe: Verb<[target: ProcessTarget], ProcessDescription[]> = verb(async (target: ProcessTarget) => {
    const all = await this.#list.get(await this.#session.client());
    const named = all.filter((p) => p.name === String(target));
    return named.length > 0 ? named : all.filter((p) => String(p.pm_id) === String(target));
  });

  /** Stops everything and ends the daemon. You still have to `disconnect`. */
  readonly killDaemon: Verb<[], Success> = verb(() => this.#kill());
  readonly kill: Verb<[], Success> = this.killDaemon;

  /** PM2's topics: log:out, log:err, process:event, process:msg, process:exception, axm:*, pm2:kill, and what programs invent. */
  readonly launchBus: Verb<[], EventBus> = verb(async () => {
    await this.#session.client();
    const bus = await EventBus.open(this.#session.home.pubSocket);
    this.#buses.add(bus);
    return bus;
  });

  /** The packet arrives as it is at the program's `process.on('message')`. */
  readonly sendDataToProcessId: Verb<[packet: Packet], { success: true; data: Packet }> & Verb<[id: number | string, packet: Packet], { success: true; data: Packet }> =
    verb(async (first: number | string | Packet, second?: Packet) => {
      const packet: Packet = typeof first === 'object' ? first : { ...second, id: first, topic: second?.topic ?? true, data: second?.data };
      if (packet.id === undefined || packet.data === undefined || !packet.topic) throw new MgrError('BAD_USAGE', { reason: 'sendDataToProcessId: wanted `id`, `data` and `topic`' });
      await (await this.#session.client()).call('process.send', { id: Number(packet.id), message: packet });
      return { success: true, data: packet };
    });

  readonly sendSignalToProcessName: Verb<[signal: string, name: ProcessTarget], ProcessDescription[]> = verb((signal: string, name: ProcessTarget) => this.#signal(signal, name));
  readonly sendSignalToProcessId: Verb<[signal: string, id: ProcessTarget], ProcessDescription[]> = verb((signal: string, id: ProcessTarget) => this.#signal(signal, id));

  readonly ping: Verb<[], { msg: 'pong' }> = verb(async () => {
    await (await this.#session.client()).call('process.jlist', {});
    return { msg: 'pong' };
  });

  /** Of the daemon. */
  readonly getVersion: Verb<[], string> = verb(async () => {
    await this.#session.client();
    return this.#session.daemon?.version ?? '';
  });

  /** Sets restart counters to zero. */
  readonly reset: Verb<[target: ProcessTarget], Success> = verb(async (target: ProcessTarget) => {
    failOn(await (await this.#session.client()).call('process.reset', { targets: [target] }));
    return DONE;
  });

  /** Saves the list for `resurrect`; an empty one only with `force`. */
  readonly dump: Verb<[], Success> & Verb<[force: boolean], Success> = verb(async (force?: boolean) => {
    await (await this.#session.client()).call('daemon.save', { force: force === true });
    return DONE;
  });

  /** Empties log files; without a target all. */
  readonly flush: Verb<[], ProcessDescription[]> & Verb<[target: ProcessTarget | undefined], ProcessDescription[]> = verb(async (target?: ProcessTarget) => {
    const client = await this.#session.client();
    await client.call('logs.flush', { targets: target === undefined ? [] : [target] });
    return this.#list.get(client);
  });

  /** Opens the log files again, after something outside has moved them. */
  readonly reloadLogs: Verb<[], Record<string, never>> = verb(async () => (await this.#session.client()).call('logs.reopen', {}));

  readonly getProcessIdByName: Verb<[name: string], number[]> = verb(async (name: string) => {
    const all = await this.#list.get(await this.#session.client());
    return all.filter((p) => p.name === name).map((p) => p.pm_id);
  });

  async #restart(target: ProcessTarget, options: StartOptions): Promise<ProcessSummary[]> {
    const { isConfigFile } = await import('../config/ecosystem.js');
    if (typeof target === 'string' && isConfigFile(target)) return summaries(await this.start(target, options));
    const { patchFrom } = await import('./declared.js');
    const { host } = this.#session;
    const patch = patchFrom(options, host);
    const env = options['updateEnv'] === true ? present(host.env) : undefined;
    const client = await this.#session.client();
    return this.#describe(await client.call('process.restart', { targets: [target], ...(env ? { env } : {}), ...(patch ? { patch } : {}) }, PATIENT));
  }

  async #isManaged(word: string): Promise<boolean> {
    const all = await this.#list.get(await this.#session.client());
    return word === 'all' || all.some((p) => p.name === word || p.pm2_env.namespace === word || String(p.pm_id) === word);
  }

  async #targets(target: ProcessTarget): Promise<Target[]> {
    if (typeof target === 'number' || !target.includes('.')) return [target];
    const { targetsOf } = await import('./declared.js');
    return targetsOf(target, this.#session.host);
  }

  async #signal(signal: string, target: ProcessTarget): Promise<ProcessDescription[]> {
    const client = await this.#session.client();
    failOn(await client.call('process.signal', { targets: [target], signal }));
    return this.#list.get(client);
  }

  async #kill(): Promise<Success> {
    const client = await this.#session.running();
    if (client) await client.call('daemon.kill', {}, PATIENT);
    this.#session.close();
    return DONE;
  }

  // What the outcomes name, as it is now.
  async #describe(outcomes: Outcomes, faults: readonly Error[] = []): Promise<ProcessSummary[]> {
    failOn(outcomes, faults);
    const touched = ids(outcomes);
    return summaries((await this.#list.get(await this.#session.client())).filter((p) => touched.has(p.pm_id)));
  }
}

function failOn(outcomes: Outcomes, faults: readonly Error[] = []): void {
  const errors = [...faults, ...outcomes.flatMap((o) => (o.ok ? [] : [fromRecord(o.error)]))];
  if (errors.length === 0) return;
  // One target, one error; of several the callers want to know each.
  if (errors[0] && outcomes.length + faults.length === 1) throw errors[0];
  throw new AggregateError(errors, errors.map((e) => e.message).join('; '));
}

function ids(outcomes: Outcomes): Set<number> {
  failOn(outcomes);
  return new Set(outcomes.flatMap((o) => (o.ok ? o.value.map((v) => v.id) : [])));
}

function summaries(records: readonly ProcessDescription[]): ProcessSummary[] {
  return records.map((p) => ({ ...p, namespace: p.pm2_env.namespace, status: p.pm2_env.status, restart_time: p.pm2_env.restart_time }));
}

function present(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined));
}
