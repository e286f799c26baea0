import type { ProcessDescription, ProcessTarget, Verb } from '../api-types.js';
import { verb } from '../verb.js';
import type { Core } from './core.js';

export interface Logs {
  /** Empties log files; without a target all, and the daemon's own. */
  readonly flush: Verb<[], ProcessDescription[]> & Verb<[target: ProcessTarget | undefined], ProcessDescription[]>;
  /** Opens the log files again, after something outside has moved them. */
  readonly reloadLogs: Verb<[], Record<string, never>>;
}

export function logs(core: Core): Logs {
  return {
    flush: verb(async (target?: ProcessTarget) => {
      await core.call('logs.flush', { targets: target === undefined || target === 'all' ? [] : [target] });
      return core.records();
    }) as Logs['flush'],
    reloadLogs: verb(() => core.call('logs.reopen', {})),
  };
}
