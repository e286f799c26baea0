// The types of module.mjs.
import * as api from './module.js';
export * from './module.js';
export default api;
