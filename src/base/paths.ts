import path from 'node:path';
import { MgrError } from './errors.js';

/**
 * Where everything lives. Names that PM2's modules read keep PM2's spelling (pm2-facts 3.1).
 * A Unix socket path holds at most 107 bytes on Linux and 103 on macOS and the BSDs, NUL aside.
 */
export interface Home {
  readonly dir: string;
  readonly rpcSocket: string;
  readonly pubSocket: string;
  /** Messages between the daemon and Node children (process.send). */
  readonly childSocket: string;
  readonly pidFile: string;
  readonly daemonLog: string;
  readonly logs: string;
  readonly pids: string;
  readonly modules: string;
  readonly moduleConf: string;
  readonly dump: string;
  /** FIFOs and notes of the runs that live now. */
  readonly run: string;
  /** Sockets and notes of programs that run as another user (supervisor/launch/door.ts). */
  readonly door: string;
  readonly state: string;
  readonly journal: string;
  readonly lock: string;
  /** Documents, jobs and history (src/database/database.ts). */
  readonly database: string;
  /** Tokens and address of the dashboard (src/web/tokens.ts). */
  readonly web: string;
}

type Env = Readonly<Record<string, string | undefined>>;

/** `MGR_HOME`, else `~/.mgr`. Throws HOME_TOO_LONG where no socket would fit. */
export function homeFrom(env: Env, userHome: string): Home {
  return homeAt(path.resolve(env['MGR_HOME'] || path.join(userHome, '.mgr')), env);
}

export function homeAt(dir: string, env: Env = {}): Home {
  // Not path.join, which is not compiled yet when a command starts: it took half a millisecond for these few.
  const at = (name: string): string => `${dir === '/' ? '' : dir}/${name}`;
  // PM2's path overrides are honoured under both spellings (pm2-facts 3.1).
  const own = (key: string, name: string): string => env[`MGR_${key}`] || env[`PM2_${key}`] || at(name);
  // A module that declares its permissions comes in by a door of its own (daemon/doors.ts).
  const door = env['MGR_DOOR']?.startsWith(at('m/')) === true ? env['MGR_DOOR'] : undefined;
  const home: Home = {
    dir,
    rpcSocket: door === undefined ? at('rpc.sock') : `${door}/rpc.sock`,
    pubSocket: door === undefined ? at('pub.sock') : `${door}/pub.sock`,
    childSocket: at('child.sock'),
    pidFile: own('PID_FILE_PATH', 'pm2.pid'),
    daemonLog: own('LOG_FILE_PATH', 'pm2.log'),
    logs: at('logs'),
    pids: at('pids'),
    modules: at('modules'),
    moduleConf: at('module_conf.json'),
    dump: own('DUMP_FILE_PATH', 'dump.pm2'),
    run: at('run'),
    door: at('door'),
    state: at('state.json'),
    journal: at('state.journal'),
    lock: at('daemon.lock'),
    database: at('store.db'),
    web: at('web.json'),
  };
  const max = process.platform === 'linux' ? 107 : 103;
  const length = Buffer.byteLength(home.childSocket);
  if (length > max) throw new MgrError('HOME_TOO_LONG', { home: dir, length: Buffer.byteLength(dir), max: max - '/child.sock'.length });
  return home;
}

/** A name as part of a file name: what PM2 replaces is replaced alike (pm2-facts 2.2). */
export function fileSafe(name: string): string {
  return name.replace(/[^A-Za-z0-9.\-\\_]/g, '-').replace(/^\.+/, (m) => '-'.repeat(m.length));
}
