import fs from 'node:fs';
import path from 'node:path';
import { MgrError, isMgrError } from '../../base/errors.js';
import { type AppSpec } from '../../config/spec.js';
import { specFrom } from '../apps.js';
import { presentEnv } from '../env.js';
import { oldApps } from '../import/old-apps.js';
import { type OldHome, isLiving, readOldHome } from '../import/old-home.js';
import { type OldModule, oldModules } from '../import/old-modules.js';
import { keyOf, oldSettings } from '../import/old-settings.js';
import { renderError } from '../render/error.js';
import { isOn, targetsOf } from '../values.js';
import type { Caller, Cli, Command, Input } from '../world.js';
import { report } from './outcome.js';

/**
 * Takes over what PM2 keeps in its home: settings, apps of the saved list, modules. What is here already stays as it is, so
 * that a second run does nothing; nothing of the old home is touched. Status 1 when something could not be taken.
 */
export const importPm2: Command = {
  args: '[home]',
  options: [
    { flags: '--dry-run', summary: 'show what would be taken and change nothing' },
    { flags: '-f, --force', summary: 'also while a PM2 daemon runs these programs (they then run twice)' },
    { flags: '--allow-scripts', summary: 'run install scripts of the modules' },
  ],
  async run(cli, input) {
    const home = readOldHome(homeOf(cli, targetsOf(input)[0]));
    const dry = isOn(input.options, 'dryRun');
    await refuseDouble(cli, home, input, dry);
    for (const trouble of home.troubles) cli.out.notice(`mgr: ${trouble}`);
    const daemon = await cli.daemon();
    const settings = await takeSettings(cli, daemon, home, dry);
    const apps = await takeApps(cli, daemon, home, dry);
    const modules = await takeModules(cli, daemon, home, input, dry);
    tellBoot(cli);
    if (!apps.any && !settings.any && !modules.any) cli.out.done(`nothing ${dry ? 'would be' : 'was'} taken from ${home.dir}: all it has is here already`);
    return settings.ok && apps.ok && modules.ok && home.troubles.length === 0 ? 0 : 1;
  },
};

interface Taken { readonly any: boolean; readonly ok: boolean }

function homeOf(cli: Cli, given: string | undefined): string {
  const dir = path.resolve(cli.world.cwd(), given ?? (cli.world.env['PM2_HOME'] || path.join(cli.world.userHome(), '.pm2')));
  const real = (p: string): string => (fs.existsSync(p) ? fs.realpathSync(p) : p);
  if (real(dir) === real(cli.home.dir)) throw new MgrError('BAD_USAGE', { reason: `import-pm2: ${dir} is the home of mgr itself`, fix: 'wanted: the home of PM2, e.g. mgr import-pm2 ~/.pm2' });
  return dir;
}

async function refuseDouble(cli: Cli, home: OldHome, input: Input, dry: boolean): Promise<void> {
  if (!(await isLiving(home.dir))) return;
  if (dry || isOn(input.options, 'force')) {
    cli.out.notice(`mgr: a PM2 daemon is alive in ${home.dir}: what it runs ${dry ? 'would run' : 'runs'} twice`);
    return;
  }
  throw new MgrError('BAD_USAGE', {
    reason: `import-pm2: a PM2 daemon is alive in ${home.dir}: its programs would run twice`,
    fix: `PM2_HOME=${home.dir} pm2 save, then PM2_HOME=${home.dir} pm2 kill, then this again; --force starts them beside it, --dry-run only shows`,
  });
}

async function takeSettings(cli: Cli, daemon: Caller, home: OldHome, dry: boolean): Promise<Taken> {
  let taken = 0;
  let ok = true;
  for (const { path: at, value } of oldSettings(home.conf)) {
    const key = keyOf(at);
    try {
      if (key === undefined) throw new MgrError('BAD_KEY', { key: at.join(':'), reason: 'a part of it cannot be written as a key' });
      if ((await daemon.call('settings.get', { key })).found) continue;
      if (!dry) await daemon.call('settings.set', { entries: [[key, value]] });
      taken++;
    } catch (e) {
      ok = false;
      refused(cli, e);
    }
  }
  if (taken > 0) cli.out.done(`${taken === 1 ? '1 setting' : `${taken} settings`} ${dry ? 'would be taken' : 'taken'}`);
  return { any: taken > 0, ok };
}

async function takeApps(cli: Cli, daemon: Caller, home: OldHome, dry: boolean): Promise<Taken> {
  const { processes } = await daemon.call('process.list', {});
  const known = new Set(processes.filter((p) => p.module === undefined).map((p) => p.name));
  const { specs, left, incomplete } = oldApps(home.dump, home.dir, known, (declared, env, cwd) => specFrom(cli, declared, env, cwd));
  for (const text of left) cli.out.notice(`mgr: ${text}`);
  if (dry || specs.length === 0) {
    for (const s of specs) cli.out.done(`app ${s.name}: ${[s.exec_path, ...s.args].join(' ')} in ${s.cwd}${s.instances > 1 ? `, ${s.instances} instances` : ''}${s.autostart ? '' : ', stopped'}`);
    return { any: specs.length > 0, ok: !incomplete };
  }
  // Stopped ones are put into the list too: known, not started.
  const outcomes = await daemon.call('process.start', { apps: specs satisfies readonly AppSpec[], ifKnown: 'refuse' }, { deadline: 0 });
  const status = await report(cli, outcomes);
  return { any: true, ok: !incomplete && status === 0 };
}

async function takeModules(cli: Cli, daemon: Caller, home: OldHome, input: Input, dry: boolean): Promise<Taken> {
  const { modules, left } = oldModules(home.conf, home.dir);
  for (const text of left) cli.out.notice(`mgr: ${text}`);
  const here = new Set((await daemon.call('module.list', {})).map((m) => m.name));
  const missing = modules.filter((m) => !here.has(m.name));
  let ok = left.length === 0;
  for (const module of missing) {
    if (dry) { cli.out.done(`module ${module.name}: mgr install ${module.spec}`); continue; }
    try {
      await installOne(cli, daemon, module, isOn(input.options, 'allowScripts'));
    } catch (e) {
      ok = false;
      refused(cli, e);
    }
  }
  return { any: missing.length > 0, ok };
}

async function installOne(cli: Cli, daemon: Caller, module: OldModule, allowScripts: boolean): Promise<void> {
  const { prepared } = await cli.world.install(daemon, {
    safeMs: 0,
    request: { spec: module.spec, home: cli.home.dir, allowScripts, cwd: cli.world.cwd(), env: presentEnv(cli), userHome: cli.world.userHome(), username: cli.world.machine().username },
    report: (event) => (event.type === 'progress' ? cli.out.progress(`installing ${module.spec}: ${event.text}`) : cli.out.notice(`mgr: ${event.text}`)),
  });
  cli.out.done(`installed ${prepared.module.name} ${prepared.module.version}`);
  if (prepared.scriptsSkipped.length > 0) cli.out.notice(`mgr: install scripts were not run: ${prepared.scriptsSkipped.join(', ')}\n  → mgr install ${module.spec} --allow-scripts runs them`);
}

// PM2's own service would bring its daemon, and all programs a second time, back at the next boot.
function tellBoot(cli: Cli): void {
  const { username } = cli.world.machine();
  const root = cli.world.env['MGR_STARTUP_ROOT'] ?? '';
  const files = [`${root}/etc/systemd/system/pm2-${username}.service`, `${root}/etc/init.d/pm2-${username}`, path.join(cli.world.userHome(), `Library/LaunchAgents/pm2.${username}.plist`)];
  for (const file of files) if (fs.existsSync(file)) cli.out.notice(`mgr: ${file} still starts PM2 at boot: \`pm2 unstartup\`, then \`mgr startup\``);
}

function refused(cli: Cli, e: unknown): void {
  if (!isMgrError(e)) throw e;
  cli.out.problem(renderError(e));
}
