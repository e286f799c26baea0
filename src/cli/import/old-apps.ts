import fs from 'node:fs';
import path from 'node:path';
import { isMgrError } from '../../base/errors.js';
import { type FromPm2, type Pm2Bag, fromPm2Record } from '../../config/pm2-record.js';
import { SERVE } from '../../config/static.js';
import type { Declared } from '../../config/declare.js';
import type { AppSpec } from '../../config/spec.js';

export interface OldApps {
  readonly specs: readonly AppSpec[];
  /** Sentences: an app and why it is not taken, or what of it is not. */
  readonly left: readonly string[];
  /** At least one app is not taken. */
  readonly incomplete: boolean;
}

/** Checks one declaration with the environment it inherits. Throws what `toSpecs` throws. */
export type Check = (declared: Declared, env: Readonly<Record<string, string>>, cwd: string) => AppSpec;

/**
 * The processes of a dump as apps: those of one name and one script are the instances of one app. `known`: names that are
 * managed already; they are left as they are.
 */
export function oldApps(dump: readonly Pm2Bag[], home: string, known: ReadonlySet<string>, check: Check): OldApps {
  const folders = { logs: path.join(home, 'logs'), pids: path.join(home, 'pids') };
  const groups = new Map<string, { readonly of: FromPm2; count: number; stopped: boolean }>();
  const left: string[] = [];
  let incomplete = false;
  for (const [i, bag] of dump.entries()) {
    const of = fromPm2Record(bag, folders);
    if (of === undefined) { left.push(`entry ${i + 1} of the dump names no script`); incomplete = true; continue; }
    if (of.module) continue; // installed anew, from its package
    const key = JSON.stringify([of.declared['name'], of.declared['script'], of.declared['exec_mode'], of.cwd, of.declared['args']]);
    const group = groups.get(key);
    if (group) { group.count++; group.stopped &&= of.stopped; } else groups.set(key, { of, count: 1, stopped: of.stopped });
  }
  const specs: AppSpec[] = [];
  for (const { of, count, stopped } of groups.values()) {
    const name = String(of.declared['name']);
    if (known.has(name)) { left.push(`\`${name}\` is managed here already and stays as it is`); continue; }
    try {
      const spec = check(declaredOf(of, count, home, left), envOf(of), of.cwd);
      // The dump says how many, not that an app of one was declared so.
      specs.push({ ...spec, instances: count, ...(stopped ? { autostart: false } : {}) });
    } catch (e) {
      if (!isMgrError(e)) throw e;
      left.push(`\`${name}\`: ${e.message}`);
      incomplete = true;
    }
  }
  return { specs, left, incomplete };
}

function declaredOf({ declared, env }: FromPm2, count: number, home: string, left: string[]): Declared {
  const next: Record<string, unknown> = { ...declared };
  delete next['instances'];
  if (count > 1) next['merge_logs'] = declared['merge_logs'] === true;
  // What lies in the old home stays there: an app that is taken over writes no more into it.
  for (const key of ['out_file', 'error_file', 'log_file', 'pid_file']) {
    const file = next[key];
    if (typeof file !== 'string' || !file.startsWith(`${home}/`)) continue;
    // Names that PM2 made itself are no wish of anybody.
    if (!/-(?:out|error)-\d+\.log$/.test(file)) left.push(`\`${String(declared['name'])}\`: \`${key}\` ${file} lies in PM2's home; the default of mgr's home is used`);
    delete next[key];
  }
  // PM2's own file server: ours takes its place, reachable from where that was.
  const serves = /\/pm2\/lib\/.*\/Serve\.js$/.test(String(next['script']));
  if (serves) {
    next['script'] = SERVE;
    next['env'] = { PM2_SERVE_HOST: env['PM2_SERVE_HOST'] ?? '0.0.0.0' };
  }
  // The Node of an old version manager may be gone; a Node it was, and a Node it gets.
  const interpreter = next['exec_interpreter'];
  if (typeof interpreter === 'string' && path.basename(interpreter) === 'node' && (!interpreter.includes('/') || !fs.existsSync(interpreter))) next['exec_interpreter'] = 'node';
  return next;
}

// Each instance gets these from whoever starts it.
function envOf({ declared, env }: FromPm2): Record<string, string> {
  const instance = typeof declared['instance_var'] === 'string' ? declared['instance_var'] : 'NODE_APP_INSTANCE';
  const drop = new Set([instance, 'PM2_HOME', 'MGR_HOME', 'pm_id', 'NODE_CHANNEL_FD', 'NODE_UNIQUE_ID']);
  return Object.fromEntries(Object.entries(env).filter(([key]) => !drop.has(key)));
}
