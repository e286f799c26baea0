import { MgrError } from '../base/errors.js';
import type { AppSpec } from '../config/spec.js';
import type { Outcome, ProcessView } from '../protocol/views.js';
import { toRecord } from '../protocol/wire.js';
import type { Apps } from './apps.js';

/**
 * Apps that need a faulty one are faulty: the daemon never hears of that one, and would refuse the whole start. What is
 * managed under the name of a faulty app does not help: it is the old one.
 */
export function withoutUnmet(apps: Apps): Apps {
  const failed: Outcome<ProcessView[]>[] = [...apps.failed];
  let specs: readonly AppSpec[] = apps.specs;
  for (let before = -1; before !== failed.length;) {
    before = failed.length;
    const left: AppSpec[] = [];
    for (const spec of specs) {
      const [on, condition] = Object.entries(spec.depends_on ?? {}).find(([name]) => failed.some((f) => f.target === name)) ?? [];
      const why = failed.find((f) => f.target === on);
      if (on === undefined || why === undefined || why.ok) left.push(spec);
      else failed.push({ target: spec.name, ok: false, error: toRecord(new MgrError('DEPENDENCY_FAILED', { name: spec.name, on, condition, reason: why.error.message })) });
    }
    specs = left;
  }
  return { ...apps, specs, failed };
}
