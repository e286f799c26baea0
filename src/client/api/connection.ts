import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { systemClock } from '../../base/clock.js';
import { isMgrError } from '../../base/errors.js';
import { alive } from '../../base/proc.js';
import type { ConnectInfo, ProcessSummary, Success, Verb } from '../api-types.js';
import { verb } from '../verb.js';
import { type Core, asPm2, usage } from './core.js';

export interface Connection {
  /** The home, and whether `connect` leaves a daemon behind. */
  readonly pm2_home: string;
  readonly daemon_mode: boolean;
  /** Where relative paths start. */
  readonly cwd: string;
  /**
   * Connects and starts the daemon where there is none. `noDaemon`: a daemon that is started for this lives only as long
   * as this program: it ends, with its programs, at `disconnect` or when the program ends, however it ends.
   */
  readonly connect: Verb<[], ConnectInfo> & Verb<[noDaemon: boolean | undefined], ConnectInfo>;
  /** Ends the connection and every bus; the program may end by itself then. The daemon and the programs run on. */
  readonly disconnect: Verb<[], void>;
  readonly close: Verb<[], void>;
  /** Stops everything and ends the daemon. You still have to `disconnect`. */
  readonly killDaemon: Verb<[], Success>;
  readonly kill: Verb<[], Success>;
  /** Replaces the daemon; the programs run on. */
  readonly update: Verb<[], Success>;
  /** Ends the daemon and removes its whole home. Refused for `~/.mgr` and `~/.pm2`, and for what is no home. */
  readonly destroy: Verb<[], Success>;
  readonly ping: Verb<[], { msg: 'pong' }>;
  /** Of the daemon. */
  readonly getVersion: Verb<[], string>;
  /** Saves the list for `resurrect`; an empty one only with `force`. */
  readonly dump: Verb<[], Success> & Verb<[force: boolean | undefined], Success>;
  /** Empties the saved list. */
  readonly clearDump: Verb<[], Success>;
  /** Brings back what was saved or ran last: what runs then, or false when there is nothing to bring back. */
  readonly resurrect: Verb<[], ProcessSummary[] | false>;
  /** PM2's, which does nothing either: the list is kept at every change. */
  readonly autodump: Verb<[], void>;
}

const DONE: Success = { success: true };
/** ms. What is stuck in the kernel must not hold the caller for ever. */
const PATIENCE = 10_000;

export function connection(core: Core): Connection {
  const { session } = core;
  const kill = verb(async (): Promise<Success> => {
    const client = await session.running();
    session.era++;
    if (client) {
      const pid = session.daemon?.pid;
      await client.call('daemon.kill', {}, { deadline: 0 });
      // A call right after this one must not meet the dying daemon.
      await gone(pid);
    }
    session.close();
    return DONE;
  });
  const disconnect = verb(async (): Promise<void> => {
    for (const bus of core.buses) bus.close();
    core.buses.clear();
    if (session.tethered) await kill();
    session.tethered = false;
    session.close();
  });
  return {
    get pm2_home() { return session.homeDir; },
    get daemon_mode() { return core.daemonMode; },
    get cwd() { return core.host.cwd(); },
    connect: verb(async (noDaemon?: boolean): Promise<ConnectInfo> => {
      const tether = noDaemon ?? !core.daemonMode;
      const client = await session.client();
      const { started, home } = session;
      if (tether && started) {
        session.tethered = true;
        await client.call('daemon.tether', {});
      }
      return { daemon_mode: !tether, new_pm2_instance: started, rpc_socket_file: home.rpcSocket, pub_socket_file: home.pubSocket, pm2_home: home.dir };
    }),
    disconnect,
    close: disconnect,
    killDaemon: kill,
    kill,
    update: verb(async (): Promise<Success> => {
      const client = await session.client();
      const pid = session.daemon?.pid;
      // That the answer is lost means no other end: it goes away at this moment.
      await client.call('daemon.handover', {}).catch((e: unknown) => { if (!isMgrError(e) || e.code !== 'CONNECTION_LOST') throw e; });
      session.drop();
      await gone(pid);
      await session.client();
      return DONE;
    }),
    destroy: verb(async (): Promise<Success> => {
      const { dir, state } = session.home;
      const kept = [path.join(core.host.userHome, '.mgr'), path.join(core.host.userHome, '.pm2'), core.host.userHome, os.tmpdir(), '/'];
      if (kept.includes(dir) || /(^|\/)\.pm2(\/|$)/.test(dir)) throw usage(`destroy: ${dir} is not removed`, 'wanted: a home of its own, new mgr.custom({ pm2_home })');
      if (!fs.existsSync(state) && !fs.existsSync(session.home.lock)) throw usage(`destroy: ${dir} is no home of mgr`);
      await kill();
      fs.rmSync(dir, { recursive: true, force: true });
      return DONE;
    }),
    ping: verb(async (): Promise<{ msg: 'pong' }> => {
      await core.call('process.jlist', {});
      return { msg: 'pong' };
    }),
    getVersion: verb(async () => {
      await session.client();
      return session.daemon?.version ?? '';
    }),
    dump: verb(async (force?: boolean): Promise<Success> => {
      await core.call('daemon.save', { force: force === true }).catch((e: unknown) => { throw asPm2(e); });
      return DONE;
    }),
    clearDump: verb(async (): Promise<Success> => {
      await core.call('daemon.clearDump', {});
      return DONE;
    }),
    resurrect: verb(async () => {
      try {
        return await core.described(await core.call('daemon.resurrect', {}));
      } catch (e) {
        if (isMgrError(e) && e.code === 'NO_DUMP') return false;
        throw e;
      }
    }),
    autodump: verb(() => Promise.resolve()),
  };
}

async function gone(pid: number | undefined): Promise<void> {
  const until = systemClock.now() + PATIENCE;
  while (pid !== undefined && alive(pid) && systemClock.now() < until) await new Promise<void>((resolve) => { systemClock.after(10, resolve); }); // oxlint-disable-line no-unmodified-loop-condition -- the process behind it changes
}
