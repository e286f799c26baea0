import type { Handlers, Web } from '../context.js';
import { historyHandlers } from './history.js';
import { hostHandlers } from './hosts.js';
import { jobHandlers } from './jobs.js';
import { logHandlers } from './logs.js';
import { machineHandlers } from './machine.js';
import { moduleHandlers } from './modules.js';
import { processHandlers } from './processes.js';
import { serverHandlers } from './server.js';

/** One for each route; a missing one does not compile. */
export function handlersOf(web: Web): Handlers {
  return {
    ...serverHandlers(web), ...processHandlers(web), ...historyHandlers(web), ...logHandlers(web),
    ...moduleHandlers(web), ...hostHandlers(web), ...jobHandlers(web), ...machineHandlers(web),
  };
}
