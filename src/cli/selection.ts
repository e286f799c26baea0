import type { Subscription } from '../protocol/contract.js';
import type { LogFile } from '../protocol/views.js';

export type Selection = Pick<Subscription, 'ids' | 'names' | 'namespaces' | 'patterns'>;

/**
 * Targets as a follower's selection, which holds for programs that come later too. A word means what it means now
 * (a name goes before a namespace, a namespace before an id): `files` are those the targets found.
 */
export function selectionOf(targets: readonly string[], files: readonly LogFile[]): Selection {
  const names = new Set<string>();
  const namespaces = new Set<string>();
  const ids = new Set<number>();
  const patterns: RegExp[] = [];
  let byPath = false;
  for (const t of targets) {
    if (t.length > 2 && t.startsWith('/') && t.endsWith('/')) patterns.push(new RegExp(t.slice(1, -1)));
    else if (files.some((f) => f.name === t)) names.add(t);
    else if (files.some((f) => f.namespace === t)) namespaces.add(t);
    else if (/^\d+$/.test(t)) ids.add(Number(t));
    else byPath = true;
  }
  if (byPath) {
    // The path of a script: whatever no other word accounts for was found by it, and is known by its name from here on.
    for (const f of files) if (!names.has(f.name) && !namespaces.has(f.namespace) && !ids.has(f.id) && !patterns.some((p) => p.test(f.name))) names.add(f.name);
  }
  return {
    ...(names.size > 0 && { names: [...names] }), ...(namespaces.size > 0 && { namespaces: [...namespaces] }),
    ...(ids.size > 0 && { ids: [...ids] }), ...(patterns.length > 0 && { patterns: patterns.map((p) => p.source) }),
  };
}
