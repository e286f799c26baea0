import type { AppSpec } from '../config/spec.js';
import type { ProcessLog } from '../logs/process-log.js';
import type { Event } from './machine.js';

/** What Runs tells the process whose runs they are. */
export interface Owner {
  /** One event for the table. */
  take(event: Event): void;
  /** Something changed that is no event. */
  changed(): void;
  /** A heir took over: its declaration and its log are the process's now. */
  succeeded(spec: AppSpec, log: ProcessLog): void;
  newLog(spec: AppSpec): ProcessLog;
}
