import path from 'node:path';
import { MgrError, reasonOf } from '../../base/errors.js';
import { nearest } from '../../base/nearest.js';
import type { TypeView } from '../views.js';
import { type ResourceType, isBag } from './model.js';
import { eventsOf } from './resource.js';
import { type TypeForm, typeFormOf } from './settings.js';

export interface KnownType { readonly name: string; readonly type: ResourceType; readonly form: TypeForm; readonly from: string }

export const BUILT_IN = 'built in';

/** The resource types there are, by name. The first of a name stays. */
export class Types {
  readonly #known = new Map<string, KnownType>();

  /** `from`: the file it came from. Throws RESOURCE: the name is taken, or its schema is none. */
  register(from: string, type: ResourceType): KnownType {
    const name = nameOf(type, from);
    const other = this.#known.get(name);
    if (other !== undefined && other.type === type) return other;
    if (other !== undefined) throw new MgrError('RESOURCE', { what: `type ${name} of ${from}`, reason: `${other.from === BUILT_IN ? 'a built-in type' : other.from} defines a type of this name already, which stays`, fix: 'rename the class' });
    let form: TypeForm;
    try {
      form = typeFormOf(type);
    } catch (e) {
      throw new MgrError('RESOURCE', { what: `type ${name} of ${from}`, reason: `its schema: ${reasonOf(e)}` }, e);
    }
    const known = { name, type, form, from };
    this.#known.set(name, known);
    return known;
  }

  get(name: unknown): KnownType | undefined { return typeof name === 'string' ? this.#known.get(name) : undefined; }
  all(): KnownType[] { return [...this.#known.values()]; }

  /** Why there is no such type, for people. */
  missing(name: unknown): string {
    if (typeof name !== 'string' || name === '') return 'no `type` is named';
    const near = nearest(name, [...this.#known.keys()]);
    return `no type \`${name}\` is loaded${near === undefined ? '' : `; did you mean \`${near}\`?`}`;
  }

  views(): TypeView[] {
    return this.all().map(viewOf).sort((a, b) => (a.type < b.type ? -1 : 1));
  }
}

/** Is this what a module exports a resource type? */
export function isResourceType(v: unknown): v is ResourceType {
  return typeof v === 'function' && isBag(v.prototype) && v.prototype['__resource__'] === true;
}

/** Folder of a type's own pages. */
export function dashboardOf(type: ResourceType): { readonly path?: string; readonly pages: readonly string[] } {
  const d = isBag(type.dashboard) ? type.dashboard : {};
  const pages = Array.isArray(d['pages']) ? d['pages'].filter((p): p is string => typeof p === 'string') : [];
  return { pages, ...(typeof d['path'] === 'string' && path.isAbsolute(d['path']) && { path: d['path'] }) };
}

function nameOf(type: ResourceType, from: string): string {
  if (type.name !== '') return type.name;
  return typeof type.label === 'string' ? type.label.replace(/\W+/g, '') : path.parse(from).name;
}

function viewOf({ name, type, form, from }: KnownType): TypeView {
  const label = typeof type.label === 'string' ? type.label : name;
  const events = eventsOf(type);
  const own = dashboardOf(type);
  return {
    type: name, label, events, from,
    defaultPath: typeof type.defaultPath === 'string' ? type.defaultPath : `/${label.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '')}`,
    external: [...new Set([type.external, (type.prototype as { readonly external?: unknown }).external].flatMap((t) => (isBag(t) ? Object.keys(t).filter((k) => typeof t[k] === 'function') : [])))],
    pages: [...new Set(['Config', ...(events.length > 0 ? ['Events'] : []), ...own.pages.map((p) => p.charAt(0).toUpperCase() + p.slice(1))])],
    ownDashboard: own.path !== undefined,
    form: form.fields, schema: form.schema,
  };
}
