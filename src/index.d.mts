// The types of index.mjs. The other declarations lie in a CommonJS package, where a default import is the whole module.
import type { Mgr } from './client/mgr.js';

declare const mgr: Mgr;
export default mgr;
export * from './index.js';
