// The types of index.mjs. The other declarations lie in a CommonJS package, where a default import is the whole module.
import type { Custom, Mgr } from './client/mgr.js';

declare const mgr: Mgr & { readonly custom: Custom };
export default mgr;
export * from './index.js';
