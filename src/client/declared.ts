/** What `start` was given -> checked app records. Loaded by the first `start`: reading configs is no part of the other calls. */
import type { Declared } from '../config/declare.js';
import path from 'node:path';
import { isConfigFile, readEcosystem } from '../config/ecosystem.js';
import { namesOf, onlyApps } from '../config/only.js';
import { toPatch } from '../config/plain.js';
import { systemProbe } from '../config/probe.js';
import type { AppSpec } from '../config/spec.js';
import { systemCtx } from '../config/system.js';
import { type Ctx, trySpecs } from '../config/validate.js';
import type { Host } from './session.js';

export interface ToStart {
  readonly specs: readonly AppSpec[];
  readonly faults: readonly Error[];
  readonly ifKnown: 'restart' | 'refuse' | 'another';
}

/** A script, a config file, one app, several, or `{apps: […]}`. Throws BAD_OPTION, BAD_FILE and their kin. */
export async function declaredApps(what: unknown, options: Declared, host: Host): Promise<ToStart> {
  const { only, env, force, updateEnv: _u, ...rest } = options;
  const envName = typeof env === 'string' ? env : undefined;
  const flags: Declared = env === undefined || envName !== undefined ? rest : { ...rest, env };
  const base: Ctx = { ...contextOf(host), ...(envName === undefined ? {} : { envName }) };
  if (typeof what === 'string' && !isConfigFile(what)) {
    return checked([{ ...flags, script: what }], base, force === true ? 'another' : 'refuse', host);
  }
  const { apps, file, deploy } = typeof what === 'string' ? await readEcosystem(what, { cwd: host.cwd() }) : { apps: appsIn(what), file: undefined, deploy: undefined };
  const around = { cwd: base.cwd, probe: systemProbe, ...(file === undefined ? {} : { file }) };
  const chosen = typeof only !== 'string' && !Array.isArray(only) ? apps : onlyApps(apps, only.toString(), around);
  return checked(chosen, { ...base, flags, ...(file === undefined ? {} : { file, origin: path.resolve(base.cwd, file) }), ...(deploy === undefined ? {} : { deploy }) }, force === true ? 'another' : 'restart', host);
}

/** Targets of stop and delete: a config file stands for the names in it. */
export async function targetsOf(target: string | number, host: Host): Promise<(string | number)[]> {
  if (typeof target === 'number' || !isConfigFile(target)) return [target];
  const file = target;
  const { apps } = await readEcosystem(file, { cwd: host.cwd() });
  return namesOf(apps, { cwd: host.cwd(), probe: systemProbe, file });
}

/** What the options of a restart change; undefined: nothing. */
export function patchFrom(options: Declared, host: Host): Partial<AppSpec> | undefined {
  const { updateEnv: _u, ...rest } = options;
  if (Object.keys(rest).length === 0) return undefined;
  const { patch, warnings } = toPatch(rest, { cwd: host.cwd(), env: host.env });
  for (const w of warnings) host.warn(w);
  return patch;
}

function checked(apps: readonly Declared[], ctx: Ctx, ifKnown: ToStart['ifKnown'], host: Host): ToStart {
  const { specs, warnings, faults } = trySpecs(apps, ctx);
  for (const w of warnings) host.warn(w);
  return { specs, faults: faults.map((f) => f.error), ifKnown };
}

function contextOf(host: Host): Ctx {
  return systemCtx({ cwd: host.cwd(), env: host.env, execPath: host.execPath, version: host.nodeVersion, serve: `${host.dist}/serve.cjs` });
}

function appsIn(what: unknown): readonly Declared[] {
  if (Array.isArray(what)) return what as Declared[];
  const bag = typeof what === 'object' && what !== null ? (what as Record<string, unknown>) : {};
  const inner = bag['apps'] ?? bag['pm2'];
  return inner === undefined ? [bag] : appsIn(inner);
}
