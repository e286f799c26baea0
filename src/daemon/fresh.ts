import { bootId } from '../base/proc.js';
import type { ProcessRecord } from '../protocol/records.js';
import { fateOf, findByToken } from '../supervisor/adopt.js';

/** For a daemon that begins with an empty list (a container that is started again): what does not live any more is forgotten. */
export function living(records: readonly ProcessRecord[], forget: (id: number) => void): ProcessRecord[] {
  const boot = bootId();
  return records.filter((r) => {
    if (r.live !== undefined && fateOf(r.live, boot, findByToken).is === 'alive') return true;
    forget(r.id);
    return false;
  });
}
