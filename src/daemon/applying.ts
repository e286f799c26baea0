import { MgrError } from '../base/errors.js';
import { type Plan, type PlanWish, type Running, type Step, nextSpec, planOf, planSteps } from '../config/plan.js';
import type { AppSpec } from '../config/spec.js';
import type { Applied, Deed } from '../protocol/views.js';
import { toRecord } from '../protocol/wire.js';
import type { ManagedProcess } from '../supervisor/process.js';
import { OURS } from '../supervisor/select.js';
import { overlaps } from '../supervisor/readiness.js';
import type { Result } from '../supervisor/result.js';
import type { Supervisor } from '../supervisor/supervisor.js';
import { viewOf } from '../supervisor/view.js';

const UNMEASURED = { cpu: 0, memory: 0 };
/** Left stopped by a reboot, not by anybody's wish. */
const REBOOT = 'the machine was restarted';

/**
 * Makes what runs be what a file declares, and nothing else: an app that is as declared is not touched. Each app stands
 * for itself; the failure of one keeps no other from its change. What was done halfway, by a daemon that died, is seen
 * by the next plan and done then.
 */
export class Applying {
  readonly #supervisor: Supervisor;
  readonly #declared: (p: ManagedProcess) => void;
  #last: Promise<unknown> = Promise.resolve();

  /** `declared`: told when a process has another declaration though nothing happened to its program. */
  constructor(supervisor: Supervisor, declared: (p: ManagedProcess) => void) {
    this.#supervisor = supervisor;
    this.#declared = declared;
  }

  plan(apps: readonly AppSpec[], wish: PlanWish): Plan {
    return planOf(this.#steps(apps, wish), wish.origin);
  }

  /** One at a time: two of the same file at once would start everything twice. */
  apply(apps: readonly AppSpec[], wish: PlanWish): Promise<{ plan: Plan; done: Applied[] }> {
    const turn = this.#last.then(async () => {
      const steps = this.#steps(apps, wish);
      const done = await this.#carryOut(steps.filter((s) => s.action !== 'keep' && s.left !== true), wish);
      return { plan: planOf(steps, wish.origin), done };
    });
    // Whose turn it was hears of its failure himself.
    this.#last = turn.catch(() => {});
    return turn;
  }

  #steps(apps: readonly AppSpec[], wish: PlanWish): Step[] {
    const names = new Set<string>();
    for (const { name } of apps) {
      if (names.has(name)) throw new MgrError('BAD_USAGE', { reason: `two apps of the file are called \`${name}\`: which of them is meant by what runs cannot be told`, fix: 'give each a name of its own' });
      names.add(name);
    }
    const own = [...this.#supervisor.processes.values()].filter((p) => p.spec.module === undefined && p.spec.namespace !== OURS);
    return planSteps(apps, own.map(runningOf), wish, overlaps);
  }

  /** New apps are started as one set, so that they come up in the order they need each other. */
  async #carryOut(steps: readonly Step[], wish: PlanWish): Promise<Applied[]> {
    const fresh = steps.flatMap((s) => (s.spec && s.processes.length === 0 ? [s.spec] : []));
    const started = fresh.length === 0 ? Promise.resolve([]) : this.#supervisor.start(fresh, 'another');
    return Promise.all(steps.map(async (step): Promise<Applied> => {
      try {
        if (step.spec && step.processes.length === 0) {
          const result = (await started).find((r) => r.target === step.name);
          return outcome(step, 'started', result ? [result] : [], []);
        }
        if (!step.spec || step.action === 'remove') return outcome(step, 'removed', await this.#supervisor.remove(step.ids), []);
        return await this.#change(step, step.spec, wish);
      } catch (e) {
        return { target: step.name, did: 'failed', ok: false, error: toRecord(e) };
      }
    }));
  }

  /** First the programs, then their number: what fails leaves as much as possible serving as it did. */
  async #change(step: Step, spec: AppSpec, wish: PlanWish): Promise<Applied> {
    const kept = step.processes.slice(0, spec.instances);
    const surplus = step.ids.slice(spec.instances);
    const next = (old: AppSpec): AppSpec => nextSpec(spec, old, wish);
    const up = new Set(kept.filter((r) => step.restart !== false && (r.is === 'up' || r.is === 'done')).map((r) => r.id));
    const down = new Set(kept.filter((r) => (r.is === 'down' && spec.autostart) || (r.is === 'failed' && (spec.autostart || step.restart !== false))).map((r) => r.id));
    for (const p of kept.flatMap((r) => this.#of(r.id))) {
      if (up.has(p.id) || down.has(p.id)) continue;
      p.respec(next(p.spec));
      this.#declared(p);
    }
    const results = (await Promise.all([this.#reload(step.name, up, next), this.#supervisor.restart([...down], next)])).flat();
    if (results.some((r) => r.error !== undefined)) return outcome(step, 'failed', results, []);
    if (surplus.length > 0) results.push(...(await this.#supervisor.remove(surplus)).map((r) => ({ ...r, processes: [] })));
    const missing = spec.instances - kept.length;
    const like = kept[0] ? next(kept[0].spec) : spec;
    if (missing > 0) {
      const [more] = await this.#supervisor.start([{ ...like, instances: missing }], 'another');
      for (const p of more?.processes ?? []) p.respec(like);
      if (more) results.push(more);
    }
    const did: Deed = up.size === 0 ? (down.size > 0 ? 'started' : step.instances ? 'scaled' : 'changed') : results.some((r) => r.said !== undefined) ? 'restarted' : 'reloaded';
    return outcome(step, did, results, kept.flatMap((r) => this.#of(r.id)));
  }

  /** All of an app at once, so that some serve at every moment; when only some of it are meant, one after the other. */
  async #reload(name: string, ids: ReadonlySet<number>, change: (old: AppSpec) => AppSpec): Promise<Result[]> {
    if (ids.size === 0) return [];
    const called = this.#supervisor.find(name);
    if (called.length === ids.size && called.every((p) => ids.has(p.id))) return this.#supervisor.reload([name], { change });
    const results: Result[] = [];
    for (const id of ids) {
      results.push(...await this.#supervisor.reload([id], { change }));
      if (results.some((r) => r.error !== undefined)) break;
    }
    return results;
  }

  #of(id: number): ManagedProcess[] {
    const p = this.#supervisor.processes.get(id);
    return p ? [p] : [];
  }
}

function outcome(step: Step, did: Deed, results: readonly Result[], also: readonly ManagedProcess[]): Applied {
  const failed = results.find((r) => r.error !== undefined);
  if (failed) return { target: step.name, did: 'failed', ok: false, error: toRecord(failed.error) };
  const processes = [...new Set([...also, ...results.flatMap((r) => r.processes)])].sort((a, b) => a.id - b.id);
  const said = results.flatMap((r) => r.said ?? []);
  return { target: step.name, did, ok: true, value: processes.map((p) => viewOf(p, UNMEASURED)), ...(said[0] === undefined ? {} : { said: said[0] }) };
}

function runningOf(p: ManagedProcess): Running {
  const { state } = p;
  const base = { id: p.id, instance: p.instance, spec: p.spec, ...(p.mark === undefined ? {} : { mark: p.mark }) };
  if (state.name === 'failed') return { ...base, is: 'failed', why: state.reason };
  if (state.name === 'stopping' && p.want === 'down') return { ...base, is: 'down', why: 'it is being stopped' };
  if (state.name !== 'stopped') return { ...base, is: 'up' };
  if (p.want === 'up' && state.why !== REBOOT) return { ...base, is: 'done', why: state.why };
  return { ...base, is: 'down', why: state.why === 'asked' ? 'it is stopped' : state.why };
}
