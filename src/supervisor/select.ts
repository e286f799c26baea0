import { MgrError } from '../base/errors.js';
import { nearest } from '../base/nearest.js';
import type { Target } from '../protocol/contract.js';

/** Namespace of our own programs (the dashboard): `all` and `apply --prune-all` leave them alone, as they do modules. */
export const OURS = 'mgr';

/** What a target is matched against. */
export interface Selectable {
  readonly id: number;
  readonly name: string;
  readonly namespace: string;
  readonly exec_path: string;
  readonly module?: string;
}

/**
 * Target -> ids, in PM2's order (pm2-facts 1.2): `all`, /regex/ on the name, name or absolute script path, namespace;
 * a number: an app of that name, a namespace, an id. `all` and namespaces leave modules alone, `all` also the namespace
 * `mgr`; a name or id does not.
 * Throws NOT_FOUND with the nearest name, NOTHING_MANAGED for `all` of nothing.
 */
export function select(target: Target, all: Iterable<Selectable>): number[] {
  const list = [...all];
  const text = String(target);
  const apps = list.filter((p) => p.module === undefined);
  if (text === 'all') {
    const theirs = apps.filter((p) => p.namespace !== OURS);
    if (theirs.length === 0) throw new MgrError('NOTHING_MANAGED');
    return theirs.map((p) => p.id);
  }
  const pick = (of: Selectable[], match: (p: Selectable) => boolean): number[] => of.filter(match).map((p) => p.id);
  const re = regexOf(text);
  const found = re
    ? pick(list, (p) => re.test(p.name))
    : firstOf(
      () => pick(list, (p) => p.name === text || p.exec_path === text),
      () => pick(apps, (p) => p.namespace === text),
      () => (/^\d+$/.test(text) ? pick(list, (p) => p.id === Number(text)) : []),
    );
  if (found.length === 0) {
    const near = nearest(text, list.map((p) => p.name));
    throw new MgrError('NOT_FOUND', { target, ...(near === undefined ? {} : { near }) });
  }
  return found;
}

/** All processes of the one app these belong to. Throws BAD_USAGE when they are of several. */
export function wholeApp<P extends { readonly spec: { readonly name: string; readonly module?: string } }>(found: readonly P[], all: Iterable<P>): P[] {
  const first = found[0]?.spec;
  const other = found.find((p) => p.spec.name !== first?.name || p.spec.module !== first.module);
  if (other) throw new MgrError('BAD_USAGE', { reason: `got several apps (${first?.name ?? ''}, ${other.spec.name}), wanted one`, fix: 'name one app, or one of its ids' });
  return [...all].filter((p) => p.spec.name === first?.name && p.spec.module === first.module);
}

function firstOf(...tries: readonly (() => number[])[]): number[] {
  for (const t of tries) {
    const found = t();
    if (found.length > 0) return found;
  }
  return [];
}

function regexOf(text: string): RegExp | undefined {
  if (text.length < 3 || !text.startsWith('/') || !text.endsWith('/')) return undefined;
  try {
    return new RegExp(text.slice(1, -1));
  } catch (e) {
    throw new MgrError('BAD_USAGE', { reason: `${text} is no regular expression: ${e instanceof Error ? e.message : String(e)}`, fix: 'wanted: /pattern/ as in JavaScript, quoted for the shell' }, e);
  }
}
