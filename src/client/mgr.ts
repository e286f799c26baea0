/**
 * The JavaScript API: PM2's names, arguments and shapes, with Node callbacks or, without one, promises.
 * Every call connects by itself (and starts the daemon); `disconnect` lets the program end.
 * Methods are bound: `const { start, list } = mgr` works.
 */
import os from 'node:os';
import path from 'node:path';
import { randomHex } from '../base/random.js';
import { type CommandLine, commandLine } from './api/command-line.js';
import { type Connection, connection } from './api/connection.js';
import { Core } from './api/core.js';
import { type Repositories, repositories } from './api/git.js';
import { type Logs, logs } from './api/logs.js';
import { type Looking, looking } from './api/looking.js';
import { type Client, lowLevel } from './api/low-level.js';
import { type Messages, messages } from './api/messages.js';
import { type Processes, processes } from './api/processes.js';
import { type SettingsAndModules, settingsAndModules } from './api/settings.js';
import type { Host } from './session.js';

export interface MgrOptions {
  /** The home; default `MGR_HOME`, else `~/.mgr`. `mgr_home` is the same. */
  readonly pm2_home?: string;
  readonly mgr_home?: string;
  /** Where relative paths start; default: the program's folder. */
  readonly cwd?: string;
  /** false: `connect()` without an argument is `connect(true)`. Default true. */
  readonly daemon_mode?: boolean;
  /** A home of its own under the temporary folder, and `daemon_mode: false`. */
  readonly independent?: boolean;
  /** PM2 Plus; nothing here. */
  readonly public_key?: string;
  readonly secret_key?: string;
  readonly machine_name?: string;
}

export interface Mgr extends Connection, Processes, Looking, Messages, Logs, SettingsAndModules, Repositories, CommandLine {
  readonly Client: Client;
}

/** One API object: one home, one connection. */
export function createMgr(host: Host, options: MgrOptions = {}): Mgr {
  const core = new Core(hostFor(host, options), options.daemon_mode ?? options.independent !== true);
  const ofProcesses = processes(core);
  const ofMessages = messages(core);
  return merged(
    connection(core), ofProcesses, looking(core), ofMessages, logs(core), settingsAndModules(core), repositories(core, ofProcesses), commandLine(core),
    { Client: lowLevel(core, ofMessages.launchBus) },
  );
}

/** `new mgr.custom({ pm2_home })`: further API objects. */
export type Custom = new (options?: MgrOptions) => Mgr;

export function customFor(host: Host): Custom {
  // A constructor that returns an object gives that object.
  return function custom(options?: MgrOptions): Mgr { return createMgr(host, options); } as unknown as Custom;
}

function hostFor(host: Host, o: MgrOptions): Host {
  const home = o.pm2_home ?? o.mgr_home ?? (o.independent === true ? path.join(os.tmpdir(), `mgr-${randomHex(6)}`) : undefined);
  const { cwd } = o;
  return {
    ...host,
    ...(home === undefined ? {} : { env: { ...host.env, MGR_HOME: path.resolve(cwd ?? host.cwd(), home) } }),
    ...(cwd === undefined ? {} : { cwd: () => path.resolve(host.cwd(), cwd) }),
  };
}

// Getters stay getters: the home is not looked at before somebody asks.
function merged(...groups: readonly object[]): Mgr {
  return Object.defineProperties({}, Object.assign({}, ...groups.map((g) => Object.getOwnPropertyDescriptors(g))) as PropertyDescriptorMap) as Mgr;
}
