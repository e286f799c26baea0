import { catalogOf, type Catalog, type Slot } from './catalog.js';
import { RunError, throwAll, type ModuleError } from './errors.js';
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
  const errors: ModuleError[] = [];
  const asked: { files: string[]; help?: 'plain' | 'advanced' | undefined; dump?: string | undefined } = { files: [] };
  const take = async (source: Source): Promise<void> => {
    const loaded = await source.load(context);
    for (const p of loaded.pairs) assignments.push({ path: p.path, value: p.value, source: source.name, sequence: source.sequence, detail: p.detail ?? '' });
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
