/** Which rows are shown, in which order, under which heads. Pure. */
import type { ProcessView } from '../../api-types.js';

export type SortKey = 'id' | 'name' | 'status' | 'cpu' | 'memory' | 'restarts' | 'uptime';
export type GroupKey = 'none' | 'app' | 'namespace';
export interface Wanted { readonly filter: string; readonly sort: SortKey; readonly down: boolean; readonly group: GroupKey; readonly modules: boolean }
export interface Group { readonly key: string; readonly rows: readonly ProcessView[] }

// What somebody should look at comes first.
const WEIGHT: Readonly<Record<string, number>> = { errored: 0, 'waiting restart': 1, launching: 2, stopping: 3, online: 4, stopped: 5, 'one-launch-status': 6 };

export function shown(all: readonly ProcessView[], w: Wanted): readonly Group[] {
  const rows = all.filter((v) => (w.modules || v.module === undefined) && matches(v, w.filter)).sort((a, b) => (w.down ? -1 : 1) * compare(a, b, w.sort) || a.id - b.id);
  if (w.group === 'none') return rows.length > 0 ? [{ key: '', rows }] : [];
  const groups = new Map<string, ProcessView[]>();
  for (const v of rows) {
    const key = w.group === 'app' ? v.name : v.namespace;
    groups.set(key, [...(groups.get(key) ?? []), v]);
  }
  return [...groups].map(([key, list]) => ({ key, rows: list }));
}

/** Every word must be found: in name, namespace, state, mode, user, version, note; `#3` is an id, `3` one too, or a pid, or in a name. */
export function matches(v: ProcessView, filter: string): boolean {
  const name = v.name.toLowerCase();
  const text = `${name} ${v.namespace} ${v.status} ${v.mode} ${v.user} ${v.version ?? ''} ${v.note ?? ''}`.toLowerCase();
  return filter.toLowerCase().split(/\s+/).every((w) => {
    if (/^#\d+$/.test(w)) return w === `#${v.id}`;
    return /^\d+$/.test(w) ? w === String(v.id) || w === String(v.pid) || name.includes(w) : text.includes(w);
  });
}

function compare(a: ProcessView, b: ProcessView, key: SortKey): number {
  switch (key) {
    case 'id': return a.id - b.id;
    case 'name': return a.name.localeCompare(b.name);
    case 'status': return (WEIGHT[a.status] ?? 9) - (WEIGHT[b.status] ?? 9);
    case 'cpu': return a.cpu - b.cpu;
    case 'memory': return a.memory - b.memory;
    case 'restarts': return a.restarts - b.restarts;
    // The longest uptime is the earliest start; what does not run has none.
    case 'uptime': return upSince(b) - upSince(a);
  }
}

function upSince(v: ProcessView): number { return v.pid > 0 && v.startedAt !== undefined ? v.startedAt : Number.MAX_SAFE_INTEGER; }
