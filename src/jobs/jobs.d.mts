// The types of jobs.mjs.
import * as api from './jobs.js';
export * from './jobs.js';
export default api;
