// The ES module face of host-module.cjs.
import api from './host-module.cjs';

export default api;
export const { server, dataDir } = api;
