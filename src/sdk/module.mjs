// The ES module face of module.cjs: the same state, however a program loads it.
import api from './module.cjs';

export default api;
export const {
  initModule, config, metric, gauge, counter, meter, histogram, action, scopedAction, emit, notifyError, ready, onConfig, onStop, runContainer,
  resolvePidPaths, dataDir, jobs,
} = api;
