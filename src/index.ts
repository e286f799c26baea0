/**
 * `const mgr = require('mgr')`, `import mgr from 'mgr'`, `import { start, list } from 'mgr'`: one API object for the
 * home that `MGR_HOME` names. See client/mgr.ts for what each does.
 */
import os from 'node:os';
import { createMgr, customFor } from './client/mgr.js';
import type { Host } from './client/session.js';

const host: Host = {
  env: process.env,
  userHome: os.homedir(),
  cwd: () => process.cwd(),
  execPath: process.execPath,
  nodeVersion: process.versions.node,
  dist: __dirname,
  warn: (text) => process.emitWarning(text, 'MgrWarning'),
  username: () => os.userInfo().username,
};

const mgr = createMgr(host);

/** Further API objects, each with a home and a connection of its own: `new custom({ pm2_home: '/srv/second' })`. */
export const custom = customFor(host);

export const {
  pm2_home, daemon_mode, cwd, Client,
  connect, disconnect, close, killDaemon, kill, update, destroy, ping, getVersion, dump, clearDump, resurrect, autodump,
  start, stop, restart, reload, gracefulReload, delete: _delete, reset, scale, sendSignalToProcessName, sendSignalToProcessId,
  list, describe, getProcessIdByName, getPID, env, report,
  launchBus, sendDataToProcessId, sendLineToStdin, msgProcess, trigger,
  flush, reloadLogs, set, multiset, get, unset, conf, install, uninstall, deleteModule, launchModules,
  pullAndRestart, pullAndReload, gitPullAndReload, pullCommitId, forward, backward,
  serve, deploy, startup, uninstallStartup, streamLogs, printLogs, attach, monit, dashboard, generateModuleSample, package: _package, publish, profile,
} = mgr;
const api = Object.defineProperty(mgr, 'custom', { value: custom, enumerable: true }) as typeof mgr & { readonly custom: typeof custom };
// `delete` cannot be the name of a variable, but it can be the name of an export; `package` cannot be one in esbuild's
// strict list of them, so it is put in.
export { _delete as delete, api as default };
Object.defineProperty(module.exports, 'package', { value: _package, enumerable: true });
export type { BusSocket, EventBus } from './client/event-bus.js';
export type { Custom, Mgr, MgrOptions } from './client/mgr.js';
export type {
  ActionPacket, Callback, ConnectInfo, ErrCallback, ErrProcCallback, ErrProcDescCallback, ErrResultCallback, InstallOptions, LineSent, Monit, Packet, Pm2Env, Proc, ProcessDescription, ProcessSummary,
  ProcessTarget, StartOptions, Success,
} from './client/api-types.js';
