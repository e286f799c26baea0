// The ES module face of index.cjs: the same object, so that both ways of loading share one connection.
import api from './index.cjs';

export default api.default;
export const {
  custom, pm2_home, daemon_mode, cwd, Client,
  connect, disconnect, close, killDaemon, kill, update, destroy, ping, getVersion, dump, clearDump, resurrect, autodump,
  start, stop, restart, reload, gracefulReload, reset, scale, sendSignalToProcessName, sendSignalToProcessId,
  list, describe, getProcessIdByName, getPID, env, report,
  launchBus, sendDataToProcessId, sendLineToStdin, msgProcess, trigger,
  flush, reloadLogs, set, multiset, get, unset, conf, install, uninstall, deleteModule, launchModules,
  pullAndRestart, pullAndReload, gitPullAndReload, pullCommitId, forward, backward,
  serve, deploy, startup, uninstallStartup, streamLogs, printLogs, attach, monit, dashboard, generateModuleSample, publish, profile,
} = api;
const { delete: remove, package: pack } = api;
export { remove as delete, pack as package };
