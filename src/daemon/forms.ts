import fs from 'node:fs';
import path from 'node:path';
import { constantCase } from '../base/constant-case.js';
import { MgrError, errno, reasonOf } from '../base/errors.js';
import { moduleDir, packageDir } from '../base/module-name.js';
import { parseJson } from '../base/json-text.js';
import type { Checked, ModuleForm } from '../container/form.js';
import { formatKey } from '../store/settings-key.js';
import type { AppSpec } from '../config/spec.js';
import type { Section, Settings } from '../store/settings.js';

type Library = typeof import('../container/form.js');

/** What a module said of its settings when it ran last; beside its package, so it goes with it. */
const TOLD = '.schema.json';

/**
 * What installed modules declare of their settings: in their package.json, read anew each time since a linked one may have
 * been edited; or, when it has no schema, by what they told themselves (`runContainer` of mgr/module).
 */
export class Forms {
  readonly #modules: string;

  /** `<home>/modules` */
  constructor(modules: string) { this.#modules = modules; }

  /** Undefined: no module of that name. Throws MODULE_BAD when its package.json or its schema is none. */
  async of(module: string): Promise<{ readonly form: ModuleForm; readonly lib: Library; readonly dir: string; readonly pkg: unknown } | undefined> {
    const dir = this.#dir(module);
    const pkg = dir === undefined ? undefined : this.#package(dir, module);
    if (dir === undefined || pkg === undefined) return undefined;
    // A piece of its own: most daemons have no module with a schema.
    const lib = await import('../container/form.js');
    try {
      return { form: lib.formOf(pkg, module), lib, dir, pkg };
    } catch (e) {
      throw new MgrError('MODULE_BAD', { spec: module, reason: reasonOf(e) }, e);
    }
  }

  /** A module that runs tells its schema. Kept for when it does not run. True: it is another than before. */
  told(module: string, schema: unknown): boolean {
    if (this.#dir(module) === undefined) return false;
    const file = path.join(moduleDir(this.#modules, module), TOLD);
    const text = `${JSON.stringify(schema)}\n`;
    try {
      if (fs.existsSync(file) && fs.readFileSync(file, 'utf8') === text) return false;
      fs.writeFileSync(file, text, { mode: 0o600 });
      return true;
    } catch {
      return false; // the module checks its settings itself; only `mgr conf` knows less
    }
  }

  /** Undefined: its settings are texts, and any will do. */
  async check(module: string, section: Section): Promise<Checked | undefined> {
    const dir = this.#dir(module);
    if (dir === undefined || !hasSchema(this.#package(dir, module))) return undefined;
    const found = await this.of(module);
    return found === undefined ? undefined : found.lib.checkSection(found.form, section, found.dir);
  }

  /** The same by its declaration, with the settings as they are or with these instead. */
  lackingWith(settings: Pick<Settings, 'section'>): (spec: AppSpec, section?: Section) => string | undefined {
    return ({ module, env }, section) => (module === undefined ? undefined : this.lacking(module, section ?? settings.section(module), { ...env.inherited, ...env.declared, ...env.secrets }));
  }

  /** Why it cannot be started yet: a setting that is required has no value. `env`: what it is started with. */
  lacking(module: string, section: Section, env: Readonly<Record<string, string>>): string | undefined {
    const dir = this.#dir(module);
    let pkg: unknown;
    // A container finds values in more places than we know of.
    try { pkg = dir === undefined ? undefined : this.#package(dir, module, true); } catch { return undefined; /* what is wrong with it is told by `of` */ }
    if (!hasSchema(pkg)) return undefined;
    const { config } = pkg as { readonly config?: unknown };
    const missing = rowsIn(pkg.mgr.schema).filter(({ path: at, row }) => row['required'] === true && row['default'] === undefined && valueAt(config, at) === undefined
      && valueAt(section, at) === undefined && env[[module, ...at].map(constantCase).join('_')] === undefined);
    if (missing.length === 0) return undefined;
    const lines = missing.map(({ path: at, row }) => `mgr set ${formatKey([module, ...at])} <${typeof row['type'] === 'string' ? row['type'] : 'text'}>`);
    return `${missing.length === 1 ? 'a required setting has' : 'required settings have'} no value: ${lines.join(', ')}`;
  }

  /** Paths of the settings that nobody is to see. What cannot be read has none. */
  secrets(module: string): string[][] {
    const dir = this.#dir(module);
    if (dir === undefined) return [];
    let pkg: unknown;
    try { pkg = this.#package(dir, module); } catch { return []; /* what is wrong with it is told by `of` */ }
    return hasSchema(pkg) ? rowsIn(pkg.mgr.schema).flatMap(({ path: at, row }) => (row['secret'] === true ? [at] : [])) : [];
  }

  /** A section with its secrets masked. */
  masked(module: string, section: Section): Section {
    const copy = structuredClone(section) as Record<string, unknown>;
    for (const secret of this.secrets(module)) {
      let at: unknown = copy;
      for (const key of secret.slice(0, -1)) at = isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined;
      const last = secret.at(-1) ?? '';
      if (isObject(at) && Object.hasOwn(at, last)) at[last] = MASK;
    }
    return copy;
  }

  #dir(module: string): string | undefined {
    if (module === '' || module.startsWith('.') || /\.\.|[\0\\]/.test(module) || (module.includes('/') && !/^@[^/]+\/[^/]+$/.test(module))) return undefined;
    return packageDir(this.#modules, module);
  }

  /** `declared`: without what it told itself. */
  #package(dir: string, module: string, declared = false): unknown {
    let text: string;
    try {
      text = fs.readFileSync(path.join(dir, 'package.json'), 'utf8');
    } catch (e) {
      if (errno(e) === 'ENOENT' || errno(e) === 'ENOTDIR') return undefined;
      throw new MgrError('MODULE_BAD', { spec: module, reason: `its package.json: ${reasonOf(e)}` }, e);
    }
    const parsed = parseJson(text.replace(/^\uFEFF/, ''));
    if (!parsed.ok) throw new MgrError('MODULE_BAD', { spec: module, reason: `its package.json: line ${parsed.line}, column ${parsed.column}: ${parsed.reason}` });
    const { value } = parsed;
    return declared || !isObject(value) || hasSchema(value) ? value : this.#completed(module, value);
  }

  #completed(module: string, pkg: Readonly<Record<string, unknown>>): unknown {
    const file = path.join(moduleDir(this.#modules, module), TOLD);
    if (!fs.existsSync(file)) return pkg;
    const told = parseJson(fs.readFileSync(file, 'utf8'));
    return told.ok ? { ...pkg, mgr: { ...(isObject(pkg['mgr']) && pkg['mgr']), schema: told.value } } : pkg;
  }
}

/** As the container shows secrets; stands here so that showing them needs nothing else. */
export const MASK = '********';

/** What was wrong with a section, as an error for who wrote it. */
export function refusal(module: string, { faults: [first] }: Checked): MgrError | undefined {
  return first && new MgrError('BAD_OPTION', { path: formatKey([module, ...first.path]), got: first.got, wanted: first.wanted, fix: `nothing was saved; \`mgr conf ${module}\` tells what each setting takes` });
}

/** For unknown keys among these first-level ones. */
export function strays(module: string, { unknown }: Checked, keys: readonly string[]): string[] {
  return unknown.filter(({ path: [key = ''] }) => keys.includes(key)).map(({ path: at, near }) => `${module} knows no setting \`${at.join(':')}\`; ${near === undefined ? `\`mgr conf ${module}\` shows those it has` : `did you mean \`${near}\`?`}`);
}

function hasSchema(pkg: unknown): pkg is { readonly mgr: { readonly schema: unknown } } {
  return isObject(pkg) && isObject(pkg['mgr']) && pkg['mgr']['schema'] !== undefined;
}

/** The described settings of a schema. One that is given as a plain default has nothing to tell. */
function rowsIn(schema: unknown, above: readonly string[] = []): { readonly path: string[]; readonly row: Record<string, unknown> }[] {
  const rows: [unknown, unknown][] = Array.isArray(schema) ? schema.map((r: unknown) => (isObject(r) ? [r['field'] ?? r['child'], r] : [undefined, r])) : isObject(schema) ? Object.entries(schema) : [];
  return rows.flatMap(([key, row]) => {
    if (typeof key !== 'string' || !isObject(row)) return [];
    if (row['configurables'] !== undefined) return rowsIn(row['configurables'], [...above, key]);
    return [{ path: [...above, key], row }];
  });
}

function valueAt(value: unknown, at: readonly string[]): unknown {
  let found = value;
  for (const key of at) found = isObject(found) && Object.hasOwn(found, key) ? found[key] : undefined;
  return found ?? undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
