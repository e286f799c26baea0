/** From the words of a command to checked app records: config files, standard input, one script. */
import path from 'node:path';
import { MgrError } from '../base/errors.js';
import { toRecord } from '../protocol/wire.js';
import type { Outcome, ProcessView } from '../protocol/views.js';
import type { Declared } from '../config/declare.js';
import { readEcosystem, readEcosystemText } from '../config/ecosystem.js';
import type { Ecosystem } from '../config/ecosystem.js';
import { fieldOf } from '../config/fields.js';
import { namesOf, onlyApps } from '../config/only.js';
import { declaredFromFlags, startFlags } from '../config/options.js';
import { toPatch } from '../config/plain.js';
import { finder, systemProbe } from '../config/probe.js';
import type { AppSpec } from '../config/spec.js';
import { toSpecs, trySpecs } from '../config/validate.js';
import type { Ctx } from '../config/validate.js';
import { isOn, text } from './values.js';
import type { Cli, Input, OptionRow } from './world.js';

/** The flags of `mgr start` that describe an app: from the table of options. */
export function appFlags(): OptionRow[] {
  return startFlags().map((f) => ({ flags: f.flags, summary: f.negated ? negated(f.description) : f.description, ...(f.parse && { repeat: true }), ...(fieldOf(f.key).inert && { hidden: true }) }));
}

// The table tells what the option does; a `--no-` takes that away.
function negated(doc: string): string {
  return doc.startsWith('false') ? doc.replace(/^false:? /, '') : `do not ${doc}`;
}

/** Flags that choose among the apps of a config file. */
export const FILE_FLAGS: readonly OptionRow[] = [
  { flags: '--env <name>', summary: 'of a config file: lay env_<name> over env' },
  { flags: '--only <names>', summary: 'of a config file: only these apps, separated by commas' },
  { flags: '--strict', summary: 'unknown options are errors, not warnings' },
];

/** What can be started, and what of it cannot: a faulty app does not keep the others from starting. */
export interface Apps {
  readonly specs: readonly AppSpec[];
  readonly failed: readonly Outcome<ProcessView[]>[];
}

/** The apps of a config file, or of standard input for `-`. */
export async function appsOf(cli: Cli, file: string, input: Input): Promise<Apps> {
  const eco = await load(cli, file);
  const around = aroundOf(cli, file);
  const only = text(input.options, 'only');
  const apps = only === undefined ? eco.apps : onlyApps(eco.apps, only, around);
  return check(cli, apps, { ...contextOf(cli, input), file: around.file, ...originOf(cli, file), ...(eco.deploy !== undefined && { deploy: eco.deploy }) });
}

/** One script, command or shell line. */
export function appOf(cli: Cli, script: string, input: Input): Apps {
  return check(cli, [{ script, ...(input.rest && { args: input.rest }) }], contextOf(cli, input));
}

/** One app that a command declares itself. */
export function appFrom(cli: Cli, app: Declared, input: Input): Apps {
  return check(cli, [app], contextOf(cli, input));
}

/** One app declared elsewhere, with the environment and the folder it had there. Throws what is wrong with it. */
export function specFrom(cli: Cli, declared: Declared, env: Readonly<Record<string, string>>, cwd: string): AppSpec {
  const ctx = contextOf(cli, { verb: '', args: [], options: {} });
  const { specs, warnings } = toSpecs(declared, { ...ctx, cwd, env, runtime: { ...ctx.runtime, which: finder(env['PATH'] ?? cli.world.env['PATH']) } });
  warn(cli, warnings);
  const [spec] = specs;
  if (!spec) throw new Error('one declaration gave no app');
  return spec;
}

/** Names of the apps of a config file, for commands that start nothing. */
export async function namesIn(cli: Cli, file: string, input: Input): Promise<string[]> {
  const eco = await load(cli, file);
  const around = aroundOf(cli, file);
  const only = text(input.options, 'only');
  return namesOf(only === undefined ? eco.apps : onlyApps(eco.apps, only, around), around, text(input.options, 'env'));
}

/** What the flags of a restart change; undefined: nothing. */
export function patchOf(cli: Cli, input: Input): Partial<AppSpec> | undefined {
  const flags = { ...declaredFromFlags(input.options), ...(input.rest && { args: input.rest }) };
  const { patch, warnings } = toPatch(flags, { cwd: cli.world.cwd(), env: cli.world.env, strict: isOn(input.options, 'strict') });
  warn(cli, warnings);
  return Object.keys(patch).length === 0 ? undefined : patch;
}

/** The absolute path of an existing file that the word names, else undefined. */
export function fileAt(cli: Cli, word: string): string | undefined {
  const file = path.resolve(cli.world.cwd(), word);
  return systemProbe.look(file).is === 'file' ? file : undefined;
}

async function load(cli: Cli, file: string): Promise<Ecosystem> {
  if (file !== '-') return readEcosystem(file, { cwd: cli.world.cwd() });
  const given = await cli.world.stdin();
  if (given.trim() === '') throw new MgrError('BAD_USAGE', { reason: '-: standard input is empty', fix: 'wanted: JSON with `apps`, e.g. mgr start - < apps.json' });
  return readEcosystemText(given);
}

/** Apps of a real file are known to come from it. */
export function originOf(cli: Cli, file: string): { readonly origin?: string } {
  return file === '-' ? {} : { origin: path.resolve(cli.world.cwd(), file) };
}

function aroundOf(cli: Cli, file: string): { cwd: string; probe: typeof systemProbe; file: string } {
  return { cwd: cli.world.cwd(), probe: systemProbe, file: file === '-' ? 'standard input' : file };
}

function contextOf(cli: Cli, input: Input): Ctx {
  const { username, uid, cpus, execPath, nodeVersion, dist } = cli.world.machine();
  const envName = text(input.options, 'env');
  return {
    cwd: cli.world.cwd(), env: cli.world.env, user: { username, uid }, cpus, probe: systemProbe,
    runtime: { execPath, version: nodeVersion, which: finder(cli.world.env['PATH']), serve: path.join(dist, 'serve.cjs') },
    flags: declaredFromFlags(input.options), strict: isOn(input.options, 'strict'),
    ...(envName !== undefined && { envName }),
  };
}

function check(cli: Cli, declared: readonly Declared[], ctx: Ctx): Apps {
  const { specs, warnings, faults } = trySpecs(declared, ctx);
  warn(cli, warnings);
  return { specs, failed: faults.map((f) => ({ target: f.name, ok: false, error: toRecord(f.error) })) };
}

function warn(cli: Cli, warnings: readonly string[]): void {
  for (const w of warnings) cli.out.notice(`mgr: ${w}`);
}
