import type { Legacy } from '../rpc/server.js';
import type { Daemon } from './daemon.js';
export function legacyCalls(_d: Daemon): Legacy { return (_b, reply) => { reply({ error: 'x' }); }; }
