import type { ProcessDescription, Verb } from '../api-types.js';
import { verb } from '../verb.js';
import type { Core } from './core.js';
import type { Messages } from './messages.js';

/** PM2's `Client`: its remote calls by name, and questions about the list. */
export interface Client {
  readonly pm2_home: string;
  readonly daemon_mode: boolean;
  /** A method of the daemon as PM2 calls it, with its one argument: `executeRemote('getMonitorData', {}, cb)`. */
  readonly executeRemote: Verb<[method: string, argument: unknown], unknown>;
  readonly getAllProcess: Verb<[], ProcessDescription[]>;
  /** Modules are not in it. */
  readonly getAllProcessId: Verb<[], number[]>;
  readonly getAllProcessIdWithoutModules: Verb<[], number[]>;
  readonly getProcessByName: Verb<[name: string], ProcessDescription[]>;
  readonly getProcessByNameOrId: Verb<[name: string | number], ProcessDescription[]>;
  /** With the processes as a second result, where a callback is used. */
  readonly getProcessIdByName: Verb<[name: string], number[]>;
  readonly getProcessIdsByNamespace: Verb<[namespace: string], number[]>;
  readonly launchRPC: Verb<[], boolean>;
  readonly disconnectRPC: Verb<[], { msg: string; success: true }>;
  readonly launchBus: Messages['launchBus'];
  readonly disconnectBus: Verb<[], { msg: string; success: true }>;
  /** Is a daemon there? Starts none. */
  readonly pingDaemon: (callback?: (alive: boolean) => void) => Promise<boolean>;
  /** Tells the bus what a client has done. */
  readonly notifyGod: Verb<[action: string, id: number], void>;
}

export function lowLevel(core: Core, launchBus: Messages['launchBus']): Client {
  const { session } = core;
  const where = (is: (p: ProcessDescription) => boolean): Promise<ProcessDescription[]> => core.records().then((all) => all.filter(is));
  const idsOf = async (found: Promise<ProcessDescription[]>): Promise<number[]> => (await found).map((p) => p.pm_id);
  const executeRemote = async (method: string, argument: unknown): Promise<unknown> => (await session.client()).pm2Call(method, argument ?? {}, { deadline: 0 });
  return {
    get pm2_home() { return session.homeDir; },
    get daemon_mode() { return core.daemonMode; },
    executeRemote: verb(executeRemote),
    getAllProcess: verb(() => core.records()),
    getAllProcessId: verb(() => idsOf(core.records())),
    getAllProcessIdWithoutModules: verb(() => idsOf(where((p) => p.pm2_env['pmx_module'] !== true))),
    getProcessByName: verb((name: string) => where((p) => p.name === name || p.pm2_env.pm_exec_path === name)),
    getProcessByNameOrId: verb((name: string | number) => where((p) => p.name === String(name) || String(p.pm_id) === String(name))),
    getProcessIdByName: verb((name: string) => idsOf(where((p) => p.name === name))),
    getProcessIdsByNamespace: verb((namespace: string) => idsOf(where((p) => p.pm2_env.namespace === namespace))),
    launchRPC: verb(async () => { await session.client(); return true; }),
    disconnectRPC: verb(() => { session.close(); return Promise.resolve({ msg: 'RPC successfully closed', success: true as const }); }),
    launchBus,
    disconnectBus: verb(() => {
      for (const bus of core.buses) bus.close();
      core.buses.clear();
      return Promise.resolve({ msg: 'Bus connection successfully closed', success: true as const });
    }),
    async pingDaemon(callback?: (alive: boolean) => void) {
      const there = (await session.running()) !== undefined;
      callback?.(there);
      return there;
    },
    notifyGod: verb(async (action: string, id: number) => { await executeRemote('notifyByProcessId', { id, action_name: action, manually: true }); }),
  };
}
