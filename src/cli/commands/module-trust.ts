import { MgrError } from '../../base/errors.js';
import { nearest } from '../../base/nearest.js';
import { maskText } from '../../config/secrets-mask.js';
import { askInstaller } from '../../client/installer.js';
import type { ModuleView } from '../../protocol/views.js';
import { presentEnv } from '../env.js';
import { exitOf, renderError, renderRecord } from '../render/error.js';
import { renderAudit, renderModules } from '../render/modules.js';
import { trustWords } from '../trust/words.js';
import { installerOf, standings, type Standing } from '../trust/newer.js';
import { isOn } from '../values.js';
import type { Cli, Command, Input } from '../world.js';
import { safeOf } from './modules.js';

const SAFE = { flags: '--safe [ms]', summary: 'watch the start this long (default 3000) and go back to the version before when it fails' };

export const moduleList: Command = {
  options: [
    { flags: '--outdated', summary: 'ask where each came from for what there is today' },
    { flags: '--json', summary: 'as JSON' },
  ],
  async run(cli, { options }) {
    const modules = await (await cli.daemon()).call('module.list', {});
    const rows = isOn(options, 'outdated') ? await standings(cli, modules) : modules.map((m) => [m, undefined] as const);
    if (isOn(options, 'json')) cli.out.answer(`${JSON.stringify(rows.map(([m, s]) => (s === undefined ? shown(m) : { ...shown(m), today: s })), undefined, 2)}\n`);
    else if (modules.length === 0) cli.out.answer('no module is installed; mgr install <module> brings one\n');
    else cli.out.answer(renderModules(rows, cli.out));
    for (const [m, s] of rows) if (s?.is === 'unknown') cli.out.problem(`mgr: ${m.name}: ${renderRecord(s.latest.error).replace(/^mgr: /, '').trimEnd()}`);
    return rows.some(([, s]) => s?.is === 'unknown') ? 1 : 0;
  },
};

export const moduleUpdate: Command = {
  args: '[modules...]',
  options: [{ flags: '--dry-run', summary: 'only show what would be updated' }, SAFE],
  async run(cli, input) {
    const daemon = await cli.daemon();
    const named = input.args.filter((a) => a !== 'all');
    const modules = chosen(await daemon.call('module.list', {}), named);
    const safeMs = input.options['safe'] === undefined ? 3000 : safeOf(input.options);
    let status = 0;
    for (const [m, s] of await standings(cli, modules)) {
      if (s.is !== 'outdated') {
        status = told(cli, m, s, named.length > 0) ?? status;
        continue;
      }
      const step = `${m.name} ${m.version} → ${s.wanted}${s.wanted === m.version ? ' (another content)' : ''}`;
      if (isOn(input.options, 'dryRun')) cli.out.done(`would update ${step}`);
      else status = (await update(cli, m, safeMs, step)) ?? status;
    }
    return status;
  },
};

export const moduleRollback: Command = {
  args: '<module>',
  options: [SAFE],
  async run(cli, input) {
    const [name = ''] = input.args;
    const safeMs = safeOf(input.options);
    const { module } = await (await cli.daemon()).call('module.rollback', { name, safeMs }, { deadline: 120_000 + safeMs });
    cli.out.done(`${module.name} ${module.version} runs again; its settings are as they were${module.former === undefined ? '' : `, ${module.former} is kept: the same command goes there again`}`);
    return 0;
  },
};

export const moduleAudit: Command = {
  args: '[modules...]',
  options: [{ flags: '--json', summary: 'as JSON, with every file' }],
  async run(cli, input) {
    const all = await (await cli.daemon()).call('module.list', {});
    const modules = chosen(all, input.args.filter((a) => a !== 'all'));
    const at = { cwd: cli.world.cwd(), env: presentEnv(cli), userHome: cli.world.userHome() };
    const audits = modules.length === 0 ? [] : await askInstaller(installerOf(cli), 'audit', { modules: modules.map(({ name, dir }) => ({ name, dir })) }, at);
    if (isOn(input.options, 'json')) cli.out.answer(`${JSON.stringify(audits.map((a) => ({ ...a, lock: modules.filter((m) => m.name === a.name).map(shown)[0] })), undefined, 2)}\n`);
    else if (modules.length === 0) cli.out.answer('no module is installed\n');
    else cli.out.answer(renderAudit(audits, modules, cli.out));
    return 0;
  },
};

// An address may have a password in it.
function shown(m: ModuleView): ModuleView {
  return { ...m, source: maskText(m.source), ...(m.resolved !== undefined && { resolved: maskText(m.resolved) }) };
}

function chosen(modules: readonly ModuleView[], names: Input['args']): readonly ModuleView[] {
  for (const name of names) {
    if (modules.some((m) => m.name === name)) continue;
    const near = nearest(name, modules.map((m) => m.name));
    throw new MgrError('MODULE_NOT_FOUND', { name, ...(near === undefined ? {} : { near }) });
  }
  return names.length === 0 ? modules : modules.filter((m) => names.includes(m.name));
}

/** Why a module is not updated; the exit status when that is a failure. */
function told(cli: Cli, m: ModuleView, s: Exclude<Standing, { is: 'outdated' }>, named: boolean): number | undefined {
  switch (s.is) {
    case 'current': cli.out.done(`${m.name} ${m.version} is up to date`); return undefined;
    case 'held': cli.out.done(`${m.name} ${m.version} is held by \`install ${m.source}\`; mgr install ${m.name} goes to ${s.latest}`); return undefined;
    case 'linked': if (named) cli.out.done(`${m.name} is linked to ${m.source}: what lies there is what runs`); return undefined;
    case 'altered':
      cli.out.problem(`mgr: ${m.name} ${m.version} is not updated: where it came from has another content under the same version now\n  → ask who publishes it; mgr install ${m.source} takes it nevertheless`);
      return 1;
    case 'unknown':
      cli.out.problem(renderRecord(s.latest.error).trimEnd());
      return 1;
  }
}

async function update(cli: Cli, m: ModuleView, safeMs: number, step: string): Promise<number | undefined> {
  try {
    const { prepared } = await cli.world.install(await cli.daemon(), {
      safeMs,
      // By the words it was installed with, and with the scripts that were allowed then.
      request: { spec: m.source, home: cli.home.dir, allowScripts: m.scripts === true, cwd: cli.world.cwd(), env: presentEnv(cli), userHome: cli.world.userHome(), username: cli.world.machine().username },
      report: (event) => (event.type === 'progress' ? cli.out.progress(`updating ${m.name}: ${event.text}`) : cli.out.notice(`mgr: ${event.text}`)),
    });
    if (prepared.scriptsSkipped.length > 0) cli.out.notice(`mgr: install scripts were not run: ${prepared.scriptsSkipped.join(', ')}\n  → mgr install ${m.source} --allow-scripts runs them`);
    if (prepared.module.permissions !== m.permissions) cli.out.notice(`mgr: it declares other permissions than before (${m.permissions ?? 'nothing, so all'} → ${prepared.module.permissions ?? 'nothing, so all'})\n  → ${trustWords(m.name, prepared.permissions)}`);
    cli.out.done(`updated ${step}; mgr module:rollback ${m.name} goes back`);
    return undefined;
  } catch (e) {
    // The other modules are updated all the same.
    cli.out.problem(renderError(e).trimEnd());
    return exitOf(e);
  }
}
