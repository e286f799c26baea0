import { isDeepStrictEqual } from 'node:util';
import { ModuleError, reasonOf } from './errors.js';
import { MASK } from './layers.js';
import { plain } from './coerce.js';
import { inject } from './inject.js';
import type { Configuration } from './configuration.js';
import type { Life, Unit } from './lifecycle.js';
import type { Slot } from './catalog.js';

export interface FieldChange {
  readonly module: string;
  /** Within the module: `tls.cert`. */
  readonly path: string;
  /** As JSON would have them; `********` when the field is secret. */
  readonly from: unknown;
  readonly to: unknown;
}

export type ReloadOutcome = 'unchanged' | 'hot' | 'restart' | 'rejected' | 'rolled back' | 'failed';

/** What a reload did. */
export interface ReloadReport {
  /**
   * - `hot`: applied while running. `unchanged`: there was nothing to apply.
   * - `restart`: some module cannot take it while running; nothing was applied, it will be at the next start.
   * - `rejected`: not valid, nothing was changed. `rolled back`: a module failed, all have their old values again.
   * - `failed`: not even that worked; restart the process.
   */
  readonly outcome: ReloadOutcome;
  /** Number of the configuration in force; grows by one with each that is applied. */
  readonly version: number;
  /** How long it took. */
  readonly ms: number;
  readonly changes: readonly FieldChange[];
  /** Why it has to be a restart, or what failed. */
  readonly reasons: readonly string[];
  /** The same for people, a line for each change. */
  readonly lines: readonly string[];
}

/** What differs between two configurations, and what that means. */
export interface Difference {
  readonly changes: readonly FieldChange[];
  /** Names of the modules whose own configuration differs. */
  readonly affected: ReadonlySet<string>;
  /** Why it cannot be applied while running; empty when it can. */
  readonly restart: readonly string[];
}

/** Compares module by module. Another provider or another set of modules is never hot. */
export function difference(before: Configuration, after: Configuration): Difference {
  const changes: FieldChange[] = [];
  for (const slot of after.catalog.slots) {
    const [from, to] = [before.values.get(slot.shown), after.values.get(slot.shown)];
    if (after.plan.order.includes(slot.module) && before.plan.order.includes(slot.module) && !isDeepStrictEqual(from, to)) changes.push(change(slot, from, to));
  }
  const affected = new Set(changes.map((c) => c.module));
  if (changes.length > 0) for (const m of after.plan.order) if (m.initConfig === 'full') affected.add(m.name);
  const restart = [
    ...structure(before, after),
    ...after.plan.order.filter((m) => affected.has(m.name) && !m.reload).map((m) => `${m.name} cannot take new configuration while it runs (reload is not set)`),
  ];
  return { changes, affected, restart };
}

/** What the application of a difference needs. `config` gives the same as `init` gets. */
export interface Application {
  readonly units: readonly Unit[];
  readonly life: Life;
  readonly affected: ReadonlySet<string>;
  readonly changes: readonly FieldChange[];
  slice(c: Configuration, unit: Unit): Record<string, unknown>;
  config(c: Configuration, unit: Unit): unknown;
}

/**
 * Hands the new configuration to each affected module, dependencies first: declared fields, then `reload` or `init`.
 * When one fails, it and those before it get the old configuration back in reverse order, and E_RELOAD is thrown with
 * `outcome` telling whether that went well.
 */
export async function apply(before: Configuration, after: Configuration, a: Application): Promise<void> {
  const done: Unit[] = [];
  for (const unit of a.units.filter((u) => a.affected.has(u.entry.name))) {
    done.push(unit);
    try {
      await hand(unit, before, after, a);
    } catch (e) {
      const again: string[] = [];
      for (const u of done.toReversed()) {
        try {
          await hand(u, after, before, a);
        } catch (second) {
          again.push(`${u.entry.name} did not take its old configuration back either: ${reasonOf(second)}`);
        }
      }
      throw new ReloadFailure(reasonOf(e), unit.entry.name, again, e);
    }
  }
}

/** Inside only: the manager makes an E_RELOAD with a report of it. */
export class ReloadFailure extends Error {
  readonly module: string;
  /** What went wrong in going back; empty: all is as before. */
  readonly again: readonly string[];
  constructor(message: string, module: string, again: readonly string[], cause: unknown) {
    super(message, { cause });
    this.module = module;
    this.again = again;
  }
}

/** `log-rotate.maxSize 10M → 20M  applied hot (v7, 3 ms)` */
export function linesOf(r: Omit<ReloadReport, 'lines'>): string[] {
  switch (r.outcome) {
    case 'unchanged': return ['nothing has changed'];
    case 'hot': return r.changes.map((c) => `${told(c)}  applied hot (v${r.version}, ${Math.round(r.ms)} ms)`);
    case 'restart': return [...r.changes.map((c) => `${told(c)}  needs a restart`), ...r.reasons.map((w) => `needs a restart: ${w}`)];
    case 'rejected': return r.reasons.map((w) => `rejected: ${w}`);
    case 'rolled back': return r.reasons.map((w) => `rolled back: ${w}`);
    case 'failed': return r.reasons.map((w) => `failed, restart it: ${w}`);
    default: return r.outcome satisfies never;
  }
}

/** An error with its report, for those who want more than the message. */
export function withReport<E extends Error>(error: E, report: ReloadReport): E & { readonly report: ReloadReport } { return Object.assign(error, { report }); }

/** The error of a reload that was undone, or that needs a restart. */
export function reloadError(report: ReloadReport, module: string | undefined, cause: unknown): ModuleError {
  return withReport(new ModuleError('E_RELOAD', report.lines.join('\n'), { module, phase: 'reload', cause }), report);
}

async function hand(unit: Unit, before: Configuration, after: Configuration, a: Application): Promise<void> {
  const own = a.changes.filter((c) => c.module === unit.entry.name);
  inject(unit.entry, unit.instance, a.slice(after, unit), new Set(own.map((c) => c.path.split('.')[0] ?? '')), true);
  const full = unit.entry.initConfig === 'full';
  const changed = full ? a.changes.map((c) => `${a.units.find((u) => u.entry.name === c.module)?.entry.key ?? c.module}.${c.path}`) : own.map((c) => c.path);
  await a.life.renew(unit, a.config(after, unit), { previous: a.config(before, unit), changed });
}

function change(slot: Slot, from: unknown, to: unknown): FieldChange {
  const shown = (v: unknown): unknown => (v === undefined ? undefined : slot.field.secret ? MASK : plain(v));
  return { module: slot.module.name, path: slot.field.path.join('.'), from: shown(from), to: shown(to) };
}

function structure(before: Configuration, after: Configuration): string[] {
  const names = (c: Configuration): string => c.plan.order.map((m) => m.name).sort().join(' ');
  const reasons: string[] = [];
  const old = new Map([...before.plan.references].map(([slot, r]) => [slot.shown, r]));
  for (const [slot, now] of after.plan.references) {
    const was = old.get(slot.shown);
    const [a, b] = [was, now].map((r) => (r?.kind === 'module' ? r.entry.name : r?.kind === 'none' || r === undefined ? 'nothing' : undefined));
    if (a !== b) reasons.push(`${slot.shown} is another module: ${a ?? 'a value'} → ${b ?? 'a value'}`);
    else if (was?.kind === 'resolver' && now.kind === 'resolver' && !isDeepStrictEqual(was.value, now.value)) reasons.push(`${slot.shown} is resolved anew`);
  }
  if (reasons.length === 0 && names(before) !== names(after)) reasons.push('other modules take part');
  return reasons;
}

function told(c: FieldChange): string {
  const show = (v: unknown): string => (v === undefined ? '(nothing)' : typeof v === 'string' ? v : JSON.stringify(v) ?? typeof v);
  return `${c.module}.${c.path} ${show(c.from)} → ${show(c.to)}`;
}
