import path from 'node:path';
import { systemClock } from '../base/clock.js';
import { homeFrom, type Home } from '../base/paths.js';
import type { DaemonView } from '../protocol/views.js';
import type { RpcClient } from '../rpc/client.js';
import { ensureDaemon } from './launch.js';

/** What a program that uses the API gives of its surroundings. */
export interface Host {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly userHome: string;
  readonly cwd: () => string;
  readonly execPath: string;
  /** Node's, without `v`. */
  readonly nodeVersion: string;
  /** The folder of the bundles; bin/daemon.js and bin/guardian.sh lie beside it. */
  readonly dist: string;
  readonly warn: (text: string) => void;
  /** Of the user who runs the program. */
  readonly username: () => string;
}

/**
 * The connection of one API object: made by the first call, made again when the daemon was replaced, until `close`.
 * While it is open it keeps the program alive, as PM2's does.
 */
export class Session {
  readonly host: Host;
  /** The daemon was started by us. */
  started = false;
  /** It ends with this connection, as does each one that follows it. */
  tethered = false;
  /** Grows when the program ends its connection or the daemon: what was under way then is over. */
  era = 0;
  #home: Home | undefined;
  #client: Promise<RpcClient> | undefined;
  #stopRetry: (() => void) | undefined;
  #daemon: DaemonView | undefined;

  constructor(host: Host) {
    this.host = host;
  }

  /** The same, unchecked. */
  get homeDir(): string {
    return path.resolve(this.host.env['MGR_HOME'] || path.join(this.host.userHome, '.mgr'));
  }

  /** Read when it is needed: a program that only loads the package must not fail for a bad MGR_HOME. */
  get home(): Home {
    return this.#home ??= homeFrom(this.host.env, this.host.userHome);
  }

  /** A connection to a living daemon, which is started when there is none. Errors as in ensureDaemon. */
  client(): Promise<RpcClient> {
    return this.#connected(true);
  }

  /** The same, but no daemon is started: undefined when there is none. */
  async running(): Promise<RpcClient | undefined> {
    try {
      return await this.#connected(false);
    } catch (e) {
      if (e instanceof Error && 'code' in e && e.code === 'DAEMON_DOWN') return undefined;
      throw e;
    }
  }

  /** Who answered last. */
  get daemon(): DaemonView | undefined {
    return this.#daemon;
  }

  /** Nothing of ours keeps the program alive after this. The next call connects again. */
  close(): void {
    this.era++;
    this.drop();
  }

  /** This connection is not the right one any more; what is asked goes on by the next. */
  drop(): void {
    this.#stopRetry?.();
    const client = this.#client;
    this.#client = undefined;
    // A connection that is still being made is ended as soon as it is; that it failed is told to who asked for it.
    client?.then((c) => c.close(), () => {});
  }

  #connected(spawn: boolean): Promise<RpcClient> {
    this.#stopRetry?.();
    if (this.#client) return this.#client;
    this.started = false;
    return this.#client = this.#keep(ensureDaemon(this.home, {
      entry: `${this.host.dist}/../bin/daemon.js`, node: this.host.execPath, env: this.host.env, spawn,
      onSpawn: () => { this.started = true; },
      onHello: (daemon) => { this.#daemon = daemon; },
    }));
  }

  #keep(connecting: Promise<RpcClient>): Promise<RpcClient> {
    const kept = connecting.then((client) => {
      client.onLost = () => {
        if (this.#client !== kept) return;
        this.#client = undefined;
        this.#retry(100);
      };
      // It may be gone again already: then the next one is told.
      if (this.tethered) client.call('daemon.tether', {}).catch(() => {});
      return client;
    }, (e: unknown) => {
      if (this.#client === kept) this.#client = undefined;
      throw e;
    });
    return kept;
  }

  // Its guardian brings the daemon back; until then we wait for it, as long as the program has not disconnected.
  #retry(delay: number): void {
    const cancel = systemClock.after(delay, () => {
      this.running().then((c) => { if (!c) this.#retry(Math.min(delay * 1.5, 5000)); }, () => this.#retry(5000));
    });
    this.#stopRetry = () => {
      cancel();
      this.#stopRetry = undefined;
    };
  }
}
