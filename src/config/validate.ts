import path from 'node:path';
import { MgrError, isMgrError } from '../base/errors.js';
import { bad, defaultsFrom, readDeclared, sentence, settle, type Declared, type Place, type Reading } from './declare.js';
import { declaredVars, filteredNames, inheritedEnv } from './env.js';
import type { Settled } from './fields.js';
import type { Runtime } from './interpreter.js';
import { appName } from './only.js';
import { checkLabel, plainOf } from './plain.js';
import { placeOf } from './place.js';
import { remember, remembering, type Probe } from './probe.js';
import { findProgram, type Program } from './script.js';
import type { AppEnv, AppSpec } from './spec.js';
import { runAs } from './users.js';

/**
 * The door of the program: declarations come in, whole and checked app records go out. Everything about the machine
 * is asked through `Ctx`, so a declaration can be checked without one.
 */
export interface Ctx {
  /** Working directory of the caller, absolute. */
  readonly cwd: string;
  /** Environment of the caller. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `--env <name>`. */
  readonly envName?: string;
  /** The config file, as the user wrote it. */
  readonly file?: string;
  /** Its absolute path, when the apps shall be known to come from it. */
  readonly origin?: string;
  /** `deploy` of the file: `deploy.<name>.env` lies under the app's variables. */
  readonly deploy?: unknown;
  /** Options given on the command line, laid over each app. */
  readonly flags?: Declared;
  /** Unknown options are errors. */
  readonly strict?: boolean;
  readonly user: { readonly username: string; readonly uid: number };
  readonly runtime: Runtime;
  readonly cpus: number;
  readonly probe: Probe;
}

export interface Specs { readonly specs: readonly AppSpec[]; readonly warnings: readonly string[] }

/** One record per declared app, instances as a number. Throws the first fault (BAD_OPTION, SCRIPT_NOT_FOUND, …). */
export function toSpecs(declared: Declared | readonly Declared[], ctx: Ctx): Specs {
  const { specs, warnings, faults } = trySpecs(declared, ctx);
  if (faults[0]) throw faults[0].error;
  return { specs, warnings };
}

/** The same, but one faulty app does not keep the others from starting. Options that are wrong as such still refuse the whole file, as in PM2. */
export function trySpecs(declared: Declared | readonly Declared[], ctx: Ctx): Specs & { readonly faults: readonly { readonly name: string; readonly error: MgrError }[] } {
  const apps = Array.isArray(declared) ? declared as readonly Declared[] : [declared as Declared];
  const warnings: string[] = [];
  const fromFlags = readDeclared(ctx.flags ?? {}, { flags: true, ...(ctx.strict ? { strict: true } : {}) });
  warnings.push(...fromFlags.warnings);
  const shared: Shared = {
    ...ctx, flagged: fromFlags, defaults: defaultsFrom(ctx.env), warnings,
    probe: remembering(ctx.probe), runtime: { ...ctx.runtime, which: remember(ctx.runtime.which) },
    inherited: remember((filter) => inheritedEnv(ctx.env, JSON.parse(filter) as boolean | string | string[])),
    versions: new Map(),
  };
  const readings = apps.map((app) => read(app, shared));
  warnDoubles(readings, warnings);
  const specs: AppSpec[] = [];
  const faults: { name: string; error: MgrError }[] = [];
  for (const reading of readings) {
    try {
      specs.push(toSpec(reading, shared));
    } catch (error) {
      if (!isMgrError(error) || error.code === 'BAD_OPTION') throw error;
      faults.push({ name: reading.name, error });
    }
  }
  warnEndless(specs, ctx, warnings);
  return { specs, warnings, faults };
}

interface Shared extends Ctx {
  readonly flagged: Reading;
  readonly defaults: Settled;
  readonly warnings: string[];
  readonly inherited: (filter: string) => Readonly<Record<string, string>>;
  readonly versions: Map<string, string | undefined>;
}

interface Read extends Pick<Reading, 'envs' | 'extra'> { readonly name: string; readonly o: Settled; readonly place: Place }

function read(app: Declared, ctx: Shared): Read {
  const at = placeOf(app);
  const place: Place = { ...(ctx.file === undefined ? {} : { file: ctx.file }), ...(at === undefined ? {} : { at }), ...(ctx.strict ? { strict: true } : {}) };
  const { options, envs, extra, warnings } = readDeclared(app, place);
  ctx.warnings.push(...warnings);
  const o = settle(ctx.defaults, options, ctx.flagged.options);
  if (o.script === undefined) bad(place, 'script', undefined, 'a file, a command in PATH or a shell line');
  const name = appName(o, ctx, ctx.envName);
  checkLabel(place, 'name', name);
  checkLabel(place, 'namespace', o.namespace);
  return { name, o, envs, extra: { ...extra, ...ctx.flagged.extra }, place };
}

function warnDoubles(readings: readonly Read[], warnings: string[]): void {
  const seen = new Set<string>();
  for (const { name, place } of readings) {
    if (seen.has(name)) warnings.push(`${sentence(place)}another app of this file is called \`${name}\`: commands by name act on both`);
    seen.add(name);
  }
}

/** Whoever is waited for to end must end. */
function warnEndless(specs: readonly AppSpec[], ctx: Ctx, warnings: string[]): void {
  const waited = new Set(specs.flatMap((s) => Object.entries(s.depends_on ?? {}).flatMap(([on, condition]) => (condition === 'completed' ? [on] : []))));
  for (const { name, autorestart, stop_exit_codes } of specs) {
    if (waited.has(name) && autorestart && !stop_exit_codes.includes(0)) warnings.push(`${ctx.file === undefined ? '' : `${ctx.file}: `}\`${name}\` is to be completed before others, and is restarted when it ends: set \`autorestart: false\``);
  }
}

/** What is kept but does nothing is said, not shown as if it worked. */
function warnIdle(name: string, o: Settled, place: Place, warnings: string[]): void {
  const say = (what: string): void => { warnings.push(`${sentence(place)}\`${name}\`: ${what}`); };
  if (o.cron_restart && !o.autostart && !o.cron_start) say('with `autostart: false` nothing starts it: `cron_start: true` lets `cron_restart` do so');
}

function toSpec({ name, o, envs, extra, place }: Read, ctx: Shared): AppSpec {
  const around = { cwd: ctx.cwd, runtime: ctx.runtime, probe: ctx.probe, ...(ctx.file === undefined ? {} : { file: path.resolve(ctx.cwd, ctx.file) }) };
  const program = findProgram(name, o, around, place);
  const mode = execMode(o, program);
  if (!program.node && o.exec_mode?.startsWith('cluster')) ctx.warnings.push(`${sentence(place)}\`${name}\`: cluster mode needs a Node program: fork mode is used`);
  warnIdle(name, o, place, ctx.warnings);
  const { username, ...ids } = runAs(o.uid, o.gid, ctx.probe);
  if (ctx.user.uid !== 0 && ids.uid !== undefined && ids.uid !== ctx.user.uid) throw new MgrError('NOT_ROOT', { option: 'uid', uid: ctx.user.uid });
  // A command of PATH and a shell have versions of their own; the app's is that of its folder.
  const ownFile = program.exec_path === path.resolve(program.cwd, o.script ?? '');
  const version = versionAbove(ownFile ? path.dirname(program.exec_path) : program.cwd, ctx);
  return {
    ...plainOf(o, program.cwd),
    name,
    script: o.script ?? '',
    exec_path: program.exec_path,
    cwd: program.cwd,
    args: program.scriptArgs,
    interpreter: program.interpreter,
    interpreter_args: [...program.args, ...o.interpreter_args],
    exec_mode: mode,
    instances: spread(o.instances ?? 1, ctx.cpus),
    env: envOf(o, envs, program, place, ctx),
    filter_env: typeof o.filter_env === 'string' ? [o.filter_env] : o.filter_env,
    username: username ?? ctx.user.username,
    merge_logs: o.merge_logs ?? (mode === 'fork' && o.instances === undefined),
    extra,
    ...ids,
    ...(ctx.envName !== undefined && envs.has(ctx.envName) ? { env_name: ctx.envName } : {}),
    ...(version === undefined ? {} : { version }),
    ...(ctx.origin === undefined ? {} : { origin: ctx.origin }),
  };
}

// `instances`, even 1, means cluster for a Node program; negatives other than -1 do not (pm2-facts 2.5).
function execMode(o: Settled, program: Program): 'fork' | 'cluster' {
  if (!program.node || o.execute_command) return 'fork';
  if (o.exec_mode !== undefined) return o.exec_mode.startsWith('cluster') ? 'cluster' : 'fork';
  return o.instances !== undefined && o.instances >= -1 ? 'cluster' : 'fork';
}

const spread = (n: number, cpus: number): number => Math.max(1, n > 0 ? n : cpus + n);

function envOf(o: Settled, envs: Read['envs'], program: Program, place: Place, ctx: Shared): AppEnv {
  const chosen = ctx.envName === undefined ? undefined : envs.get(ctx.envName);
  if (ctx.envName !== undefined && chosen === undefined) ctx.warnings.push(`${sentence(place)}there is no \`env_${ctx.envName}\`: only \`env\` is used`);
  const declared = declaredVars([
    { vars: program.python ? { PYTHONUNBUFFERED: '1' } : undefined, path: 'python' },
    { vars: deployEnv(ctx), path: `deploy.${ctx.envName ?? ''}.env` },
    { vars: o.env, path: 'env' },
    { vars: o.port === undefined ? undefined : { PORT: o.port }, path: 'port' },
    { vars: chosen, path: `env_${ctx.envName ?? ''}` },
  ], place, program.cwd);
  const filtered = filteredNames(ctx.env, o.filter_env);
  return { inherited: ctx.inherited(JSON.stringify(o.filter_env)), ...declared, ...(filtered.length > 0 ? { filtered } : {}) };
}

function deployEnv(ctx: Ctx): Declared | undefined {
  const env = ctx.envName === undefined ? undefined : member(member(ctx.deploy, ctx.envName), 'env');
  return typeof env === 'object' && env !== null ? env as Declared : undefined;
}

const member = (of: unknown, key: string): unknown => typeof of === 'object' && of !== null && Object.hasOwn(of, key) ? (of as Declared)[key] : undefined;

function versionAbove(dir: string, ctx: Shared): string | undefined {
  if (ctx.versions.has(dir)) return ctx.versions.get(dir);
  const text = ctx.probe.text(path.join(dir, 'package.json'));
  const above = path.dirname(dir);
  const version = text !== undefined ? versionIn(text) : above === dir ? undefined : versionAbove(above, ctx);
  ctx.versions.set(dir, version);
  return version;
}

function versionIn(text: string): string | undefined {
  try {
    const version = member(JSON.parse(text), 'version');
    return typeof version === 'string' ? version : undefined;
  } catch {
    // The version is shown in a table, no more: an app with a broken package.json may still start.
    return undefined;
  }
}
