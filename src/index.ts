/**
 * `const mgr = require('mgr')`, `import mgr from 'mgr'`, `import { start, list } from 'mgr'`: one API object for the
 * home that `MGR_HOME` names. See client/mgr.ts for what each does.
 */
import os from 'node:os';
import { Mgr } from './client/mgr.js';

const mgr = new Mgr({
  env: process.env,
  userHome: os.homedir(),
  cwd: () => process.cwd(),
  execPath: process.execPath,
  nodeVersion: process.versions.node,
  dist: __dirname,
  warn: (text) => process.emitWarning(text, 'MgrWarning'),
});

export const {
  connect, disconnect, start, stop, restart, delete: _delete, list, describe, killDaemon, kill, launchBus, sendDataToProcessId,
  sendSignalToProcessName, sendSignalToProcessId, ping, getVersion, reset, dump, flush, reloadLogs, getProcessIdByName,
} = mgr;
// `delete` cannot be the name of a variable, but it can be the name of an export.
export { _delete as delete, mgr as default };
export type { EventBus } from './client/event-bus.js';
export type { Mgr } from './client/mgr.js';
export type { Callback, ConnectInfo, Packet, Pm2Env, ProcessDescription, ProcessSummary, ProcessTarget, StartOptions, Success } from './client/api-types.js';
