import type { ProcessView } from '../../protocol/views.js';

export const MACHINE = 'machine';

/**
 * Whose past it is, by id: the app and which of its processes, counted by id. So a program that was deleted and started again,
 * or has new ids after a reboot, goes on where it was.
 */
export function ownersOf(processes: readonly Pick<ProcessView, 'id' | 'name' | 'namespace'>[]): Map<number, string> {
  const seen = new Map<string, number>();
  return new Map([...processes].sort((a, b) => a.id - b.id).map((p) => {
    const app = `${p.namespace}/${p.name}`;
    const n = seen.get(app) ?? 0;
    seen.set(app, n + 1);
    return [p.id, `p:${app}#${n}`] as const;
  }));
}
