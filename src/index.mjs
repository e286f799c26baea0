// The ES module face of index.cjs: the same object, so that both ways of loading share one connection.
import api from './index.cjs';

export default api.default;
export const {
  connect, disconnect, start, stop, restart, list, describe, killDaemon, kill, launchBus, sendDataToProcessId,
  sendSignalToProcessName, sendSignalToProcessId, ping, getVersion, reset, dump, flush, reloadLogs, getProcessIdByName,
} = api;
const { delete: remove } = api;
export { remove as delete };
