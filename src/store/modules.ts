import type { ModuleView } from '../protocol/views.js';
import type { Settings } from './settings.js';

/** One installed module as it stands in module_conf.json, where PM2's tools look too (pm2-facts 5.2). */
export interface ModuleRecord {
  readonly name: string;
  readonly uid?: number;
  readonly gid?: number;
  /** Undefined: put there by PM2. */
  readonly version?: string;
  readonly source?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly by?: string;
  readonly at?: number;
  readonly scripts?: boolean;
  readonly former?: string;
  readonly permissions?: string;
  readonly linked: boolean;
}

const DB = 'module-db-v2';

/**
 * The lock of the installed modules: which, from where, exactly what, by whom and since when, under `module-db-v2.<name>`,
 * in the order of their installation.
 */
export class ModuleRegistry {
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  list(): ModuleRecord[] {
    return Object.entries(this.#settings.section(DB)).map(([name, entry]) => record(name, entry));
  }

  get(name: string): ModuleRecord | undefined {
    return this.list().find((m) => m.name === name);
  }

  /** Adds or replaces. `owner`: whom it was installed for, as PM2 records it. */
  put(module: ModuleView, owner: { readonly uid?: number; readonly gid?: number } = {}): Promise<void> {
    return this.#settings.update((document) => {
      const { name, dir: _derived, ...fields } = module;
      const before = document[DB];
      document[DB] = { ...(typeof before === 'object' ? before : undefined), [name]: { ...owner, ...fields } };
    });
  }

  /** Forgets a module; its settings stay. */
  remove(name: string): Promise<void> {
    return this.#settings.update((document) => {
      const before = document[DB];
      if (typeof before !== 'object' || before === null || !Object.hasOwn(before, name)) return false;
      document[DB] = Object.fromEntries(Object.entries(before).filter(([other]) => other !== name));
      return true;
    });
  }
}

function record(name: string, entry: unknown): ModuleRecord {
  const fields: Readonly<Record<string, unknown>> = typeof entry === 'object' && entry !== null ? { ...entry } : {};
  const text = (key: string): { [k: string]: string } => (typeof fields[key] === 'string' ? { [key]: fields[key] } : {});
  const number = (key: string): { [k: string]: number } => (typeof fields[key] === 'number' ? { [key]: fields[key] } : {});
  return { name, linked: fields['linked'] === true, ...number('uid'), ...number('gid'), ...(fields['scripts'] === true && { scripts: true }), ...text('version'), ...text('source'), ...text('integrity'), ...text('resolved'), ...text('by'), ...number('at'), ...text('former'), ...text('permissions') };
}
