import os from 'node:os';
import { finder, systemProbe } from '../config/probe.js';
import type { AppSpec } from '../config/spec.js';
import { toSpecs, type Specs } from '../config/validate.js';
import type { Declared } from '../config/permissions.js';
import { guardOf } from './guard.js';
import type { InstallRequest } from './report.js';

interface Where {
  readonly module: string;
  readonly version: string;
  readonly linked: boolean;
  /** The files are looked at in the staging folder, and run from the final one. */
  readonly moveFrom: string;
  readonly moveTo: string;
  readonly request: InstallRequest;
  /** Where its package.json lies, after the switch. */
  readonly dir: string;
  readonly permissions?: Declared | undefined;
}

/** Declared apps of a module as checked specs whose paths are those after the switch. Throws what `toSpecs` throws. */
export function declaredSpecs(declared: readonly Readonly<Record<string, unknown>>[], where: Where): Specs {
  const { request, linked } = where;
  const { specs, warnings } = toSpecs(linked ? declared.map((app) => ({ watch: true, ...app })) : declared, {
    cwd: request.cwd,
    env: request.env,
    user: { username: request.username, uid: process.getuid?.() ?? 0 },
    runtime: { execPath: process.execPath, version: process.versions.node, which: finder(request.env['PATH']) },
    cpus: os.availableParallelism(),
    probe: systemProbe,
  });
  return { specs: specs.map((spec) => finished(spec, where)), warnings };
}

function finished(spec: AppSpec, { module, version, moveFrom, moveTo, permissions, request, linked, dir }: Where): AppSpec {
  const guard = guardOf(permissions, spec, { module, spec: request.spec, home: request.home, folder: linked ? dir : moveTo, dir, userHome: request.userHome });
  const { env, ...rest } = spec;
  const moved = moveStrings(rest, moveFrom, moveTo) as typeof rest;
  // What was inherited is the user's own and never names the staging folder.
  return { ...moved, env: { ...env, declared: moveStrings(env.declared, moveFrom, moveTo) as AppEnv['declared'], ...(env.secrets && { secrets: moveStrings(env.secrets, moveFrom, moveTo) as NonNullable<AppEnv['secrets']> }) }, version, module, ...(guard && { guard }) };
}

type AppEnv = AppSpec['env'];

// Its name is random: wherever it stands in a text, it is meant.
function moveStrings(value: unknown, from: string, to: string): unknown {
  if (typeof value === 'string') return value.replaceAll(from, to);
  if (Array.isArray(value)) return value.map((item) => moveStrings(item, from, to));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, moveStrings(item, from, to)]));
}
