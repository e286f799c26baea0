// The types of host.mjs.
import * as api from './host.js';
export * from './host.js';
export default api;
