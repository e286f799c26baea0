import { type KeyChange, type VarChange, keyChanges, markOf, sameRecord, varChanges } from './plan-keys.js';
import type { AppSpec } from './spec.js';

/** A managed process as the comparison sees it. */
export interface Running {
  readonly id: number;
  readonly instance: number;
  readonly spec: AppSpec;
  /**
   * `up`: it runs, or will by itself. `down`: a person stopped it, or it was never started. `failed`: it gave up.
   * `done`: it ended by itself and is not to be started again (a job).
   */
  readonly is: 'up' | 'down' | 'failed' | 'done';
  /** Why it is not up. */
  readonly why?: string;
  /** Mark of the declaration its program was started by (`markOf`); undefined: not known. */
  readonly mark?: string;
}

/**
 * What is to be done with one app. `start`: it is not there, or does not run though it should. `change`: it is there by
 * another declaration. `remove`: it is there and no longer in the file.
 */
export interface AppPlan {
  readonly name: string;
  readonly action: 'start' | 'change' | 'remove' | 'keep';
  /** Its processes now. */
  readonly ids: readonly number[];
  readonly why?: string;
  readonly keys: readonly KeyChange[];
  readonly vars: readonly VarChange[];
  /** How many processes there are, and are to be, when that differs. */
  readonly instances?: { readonly from: number; readonly to: number };
  /** How programs have to be replaced; false: the change counts at once without touching them. */
  readonly restart: false | 'reload' | 'restart';
  /** Of `change`: some of its processes are down and are started. */
  readonly starts?: true;
  /** Of `remove`: without --prune it is left alone. */
  readonly left?: true;
}

export interface Plan {
  readonly file?: string;
  readonly apps: readonly AppPlan[];
  /** Apps that `apply` would do something with. */
  readonly changes: number;
}

export interface PlanWish {
  /** The file's absolute path; undefined: standard input. */
  readonly origin?: string;
  /** `file`: what came from this file and left it is removed. `all`: everything that is not in the file (modules stay). */
  readonly prune?: 'file' | 'all';
  /** Only some apps of the file were chosen: nothing is told of the others. */
  readonly only?: boolean;
  /** Names in the file that cannot be started as they stand: they are not taken for removed. */
  readonly faulty?: readonly string[];
  /** The variables of the present shell replace those the apps have from an earlier one. */
  readonly updateEnv?: boolean;
  /** Nothing is masked. */
  readonly show?: boolean;
}

/** The plan, with what is needed to carry it out. */
export interface Step extends AppPlan {
  readonly spec?: AppSpec;
  readonly processes: readonly Running[];
}

/**
 * Compares what is declared with what runs. Names in `wanted` are unique; modules are not among `running`. `overlap`: may
 * two programs of this declaration live side by side?
 */
export function planSteps(wanted: readonly AppSpec[], running: readonly Running[], wish: PlanWish, overlap: (spec: AppSpec) => boolean): Step[] {
  const of = (name: string): Running[] => running.filter((r) => r.spec.name === name).sort((a, b) => a.instance - b.instance);
  const steps = wanted.map((spec) => stepFor(spec, of(spec.name), wish, overlap));
  if (wish.only === true) return steps;
  const named = new Set([...wanted.map((s) => s.name), ...(wish.faulty ?? [])]);
  for (const name of new Set(running.map((r) => r.spec.name))) {
    const mine = of(name);
    const came = wish.origin !== undefined && mine.some((r) => r.spec.origin === wish.origin);
    if (named.has(name) || !(came || wish.prune === 'all')) continue;
    steps.push({ name, action: 'remove', ids: ids(mine), keys: [], vars: [], restart: false, processes: mine, ...(wish.prune === undefined ? { left: true as const } : {}) });
  }
  return steps;
}

/** The plan as it is shown. */
export function planOf(steps: readonly Step[], origin: string | undefined): Plan {
  const apps = steps.map(({ spec: _spec, processes: _processes, ...app }) => app);
  return { apps, changes: apps.filter((a) => a.action !== 'keep' && a.left !== true).length, ...(origin === undefined ? {} : { file: origin }) };
}

/** The new declaration of a known app: its own, but started by the shell and the person it was started by. */
export function nextSpec(wanted: AppSpec, old: AppSpec, wish: Pick<PlanWish, 'updateEnv'>): AppSpec {
  // Other variables pass another filter: only the present shell has them.
  const fresh = wish.updateEnv === true || JSON.stringify(wanted.filter_env) !== JSON.stringify(old.filter_env);
  const { filtered: _now, ...declared } = wanted.env;
  const env = fresh ? wanted.env : { ...declared, inherited: old.env.inherited, ...(old.env.filtered === undefined ? {} : { filtered: old.env.filtered }) };
  return { ...wanted, env, ...(wanted.uid === undefined ? { username: old.username } : {}) };
}

function stepFor(spec: AppSpec, processes: readonly Running[], wish: PlanWish, overlap: (spec: AppSpec) => boolean): Step {
  const base = { name: spec.name, spec, processes, ids: ids(processes), keys: [], vars: [], restart: false as const };
  if (processes.length === 0) return { ...base, action: 'start', ...(spec.autostart ? {} : { why: 'it is registered only: autostart is off' }) };
  const keys = new Map<string, KeyChange>();
  const vars = new Map<string, VarChange>();
  let stale = false;
  for (const p of processes) {
    const next = nextSpec(spec, p.spec, wish);
    for (const change of keyChanges(p.spec, next, wish.show === true)) {
      // A saved list writes down by it that the app was stopped: it is told as the start it is.
      if (change.key === 'autostart' && spec.autostart && p.is === 'down') continue;
      if (!keys.has(change.key)) keys.set(change.key, change);
    }
    for (const change of varChanges(p.spec.env, next.env, wish.show === true)) if (!vars.has(change.name)) vars.set(change.name, change);
    if (!sameRecord(p.spec.env, next.env) && vars.size === 0) keys.set('env', { key: 'env', restart: false });
    if (p.is === 'up' && p.mark !== undefined && p.mark !== markOf(p.spec)) stale = true;
  }
  const scaled = processes.length !== spec.instances ? { instances: { from: processes.length, to: spec.instances } } : {};
  const old = stale || vars.size > 0 || [...keys.values()].some((k) => k.restart);
  const restart = old && (processes.every((p) => overlap(p.spec) && overlap(spec)) ? 'reload' : 'restart');
  const down = spec.autostart ? processes.find((p) => p.is === 'down' || p.is === 'failed') : undefined;
  const why = stale && keys.size + vars.size === 0 ? 'its program still runs by an earlier declaration' : down && (down.why ?? 'it is stopped');
  const action = old || keys.size > 0 || 'instances' in scaled ? 'change' : down ? 'start' : 'keep';
  const starts = action === 'change' && down ? { starts: true as const } : {};
  return { ...base, action, keys: [...keys.values()], vars: [...vars.values()].sort((a, b) => (a.name < b.name ? -1 : 1)), restart, ...scaled, ...starts, ...(why === undefined ? {} : { why }) };
}

const ids = (processes: readonly Running[]): number[] => processes.map((p) => p.id);
