import { strayAt, strayError } from './assign.js';
import { CHOICE, catalogOf, locate, type Catalog, type Slot } from './catalog.js';
import { ModuleError, RunError, reasonOf, throwAll } from './errors.js';
import { planOf, type Plan } from './graph.js';
import { SEQUENCE, fileSource, type Loaded, type Source, type SourceContext } from './sources.js';
import { settle, sliceOf, type SettleWorld } from './settle.js';
import { copy } from './schema.js';
import type { Assignment } from './layers.js';
import type { Entry, Registry } from './registry.js';

/** The configuration at one moment: what all sources say, who takes part, and the value of every field. Never changed, only replaced. */
export interface Configuration {
  readonly catalog: Catalog;
  readonly assignments: readonly Assignment[];
  readonly plan: Plan;
  readonly values: ReadonlyMap<string, unknown>;
  readonly warnings: readonly string[];
  readonly asked: NonNullable<Loaded['asked']>;
}

export interface ConfigureOptions {
  readonly name: string | undefined;
  readonly sources: readonly Source[];
  readonly strictCycles: boolean;
  readonly world: SettleWorld;
  readonly stdin?: (() => Promise<string>) | undefined;
}

/** Asks every source and checks everything. Throws RunError with every error there is; then nothing has changed anywhere. */
export async function configure(registry: Registry, o: ConfigureOptions): Promise<Configuration> {
  const catalog = catalogOf(registry, o.name);
  const context: SourceContext = { catalog, cwd: o.world.cwd, stdin: o.stdin };
  const assignments: Assignment[] = [];
  const warnings: string[] = [];
  const errors: ModuleError[] = [...sameFlags(catalog)];
  const asked: { files: string[]; help?: 'plain' | 'advanced' | undefined; dump?: string | undefined } = { files: [] };
  const take = async (source: Source): Promise<void> => {
    let loaded: Loaded;
    try {
      loaded = await source.load(context);
    } catch (e) {
      errors.push(new ModuleError('E_CONFIG', `${source.name}: cannot be loaded: ${reasonOf(e)}`, { source: source.name, cause: e }));
      return;
    }
    for (const p of loaded.pairs) {
      if (p.path[0] !== CHOICE && locate(catalog, p.path) === undefined) errors.push(strayError(strayAt(catalog, p.path), source.name));
      else assignments.push({ path: p.path, value: p.value, source: source.name, sequence: source.sequence, detail: p.detail ?? '' });
    }
    warnings.push(...(loaded.warnings ?? []));
    errors.push(...(loaded.errors ?? []));
    asked.files.push(...(loaded.asked?.files ?? []));
    asked.help ??= loaded.asked?.help;
    asked.dump ??= loaded.asked?.dump;
  };
  for (const source of o.sources) await take(source);
  for (const file of [...asked.files]) await take(fileSource(file, { sequence: SEQUENCE.file }));
  for (const slot of catalog.slots) {
    if (slot.field.default !== undefined) assignments.unshift({ path: slot.path, value: slot.field.default, source: 'default', sequence: SEQUENCE.default, detail: '' });
  }
  const plan = planOf(registry, catalog, assignments, { strictCycles: o.strictCycles, customTypes: Object.keys(o.world.types) });
  const settled = await settle(catalog, plan, assignments, o.world);
  // Help is for those who do not know yet what is right.
  if (asked.help === undefined) throwAll([...errors, ...plan.errors, ...settled.errors]);
  return {
    catalog, plan, asked: { files: asked.files, help: asked.help, dump: asked.dump }, warnings: [...warnings, ...plan.warnings],
    assignments: [...assignments, ...plan.assignments], values: new Map([...settled.values].map(([slot, v]) => [slot.shown, v])),
  };
}

// `a.bC` and `aB.c` would both be --a-b-c and A_B_C.
function sameFlags(catalog: Catalog): ModuleError[] {
  const seen = new Map<string, Slot>();
  return catalog.slots.flatMap((slot) => {
    const flag = slot.flags.at(-1) ?? '';
    const other = seen.get(flag);
    seen.set(flag, slot);
    return flag === '' || other === undefined ? [] : [new ModuleError('E_CONFIG', `${other.shown} and ${slot.shown} have the same flag, --${flag}; rename one`, { module: slot.module.name, path: slot.shown, source: 'schema' })];
  });
}

/** One module's configuration, a copy of its own. `give` resolves fields of module types. */
export function ownConfig(c: Configuration, module: Entry, give: (slot: Slot) => unknown): Record<string, unknown> {
  return sliceOf(c.catalog, module, (slot) => (c.plan.references.has(slot) ? give(slot) : copy(c.values.get(slot.shown))));
}

/** The configuration of all modules that take part, by their keys. */
export function fullConfig(c: Configuration, give: (slot: Slot) => unknown): Record<string, unknown> {
  return Object.fromEntries(c.plan.order.map((m) => [m.key, ownConfig(c, m, give)]));
}

/** Any failure as what `run` rejects with; a bug stays what it is. */
export function asRunError(e: unknown): unknown {
  return e instanceof RunError || !isModuleError(e) ? e : new RunError([e]);
}

function isModuleError(e: unknown): e is ModuleError { return e instanceof Error && e.name === 'ModuleError'; }
