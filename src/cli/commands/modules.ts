import { presentEnv } from '../env.js';
import { bad, isOn, targetsOf } from '../values.js';
import { parseSpan } from '../../base/units.js';
import { report } from './outcome.js';
import { showList } from './list.js';
import { paint } from '../output.js';
import { trustWords } from '../trust/words.js';
import { printable } from '../width.js';
import { differentContent } from '../../base/content.js';
import type { ModuleView } from '../../protocol/views.js';
import type { Command, Options } from '../world.js';

export const install: Command = {
  args: '<module>',
  options: [
    { flags: '--safe [ms]', summary: 'watch the start this long (default 3000) and go back to the former version when it fails' },
    { flags: '--allow-scripts', summary: 'run install scripts of the module and its dependencies' },
  ],
  async run(cli, input) {
    const [spec = ''] = targetsOf(input);
    const safeMs = safeOf(input.options);
    const { username } = cli.world.machine();
    const daemon = await cli.daemon();
    const installed = await daemon.call('module.list', {});
    const { prepared, processes } = await cli.world.install(daemon, {
      safeMs,
      request: { spec, home: cli.home.dir, allowScripts: isOn(input.options, 'allowScripts'), cwd: cli.world.cwd(), env: presentEnv(cli), userHome: cli.world.userHome(), username },
      report: (event) => (event.type === 'progress' ? cli.out.progress(`installing ${spec}: ${event.text}`) : cli.out.notice(`mgr: ${event.text}`)),
    });
    const { module, scriptsSkipped } = prepared;
    if (scriptsSkipped.length > 0) cli.out.notice(`mgr: install scripts were not run: ${scriptsSkipped.join(', ')}\n  → mgr install ${spec} --allow-scripts runs them`);
    const before = installed.find((m) => m.name === module.name);
    if (before?.version === module.version && differentContent(before, module)) cli.out.notice(`mgr: ${otherContent(before, module)}`);
    cli.out.notice(`mgr: ${trustWords(module.name, prepared.permissions)}`);
    if (before !== undefined && before.permissions !== module.permissions) cli.out.notice(`mgr: that is other than before: ${before.permissions ?? 'nothing, so all'}`);
    const p = paint(cli.out.colour);
    // What waits for a setting is installed all the same.
    const waiting = processes.filter((v) => v.status === 'stopped' && v.note !== undefined);
    cli.out.done(processes.filter((v) => !waiting.includes(v)).map((v) => `[${p.cyan(printable(v.name))}](${v.id}) ${p.green('✓')}\n`).join(''));
    for (const v of waiting) cli.out.notice(`mgr: ${printable(v.name)} is not started: ${printable(v.note ?? '')}`);
    cli.out.done(`${module.linked ? 'linked' : 'installed'} ${module.name} ${module.version}`);
    await showList(cli);
    return 0;
  },
};

export const uninstall: Command = {
  args: '<modules...>',
  async run(cli, input) {
    const outcomes = await (await cli.daemon()).call('module.uninstall', { names: targetsOf(input) }, { deadline: 0 });
    for (const o of outcomes) if (o.ok) cli.out.done(`removed ${o.value.name}; its settings stay (mgr unset ${o.value.name} removes them)`);
    return report(cli, outcomes.map((o) => (o.ok ? { ...o, value: [] } : o)));
  },
};

/** The same version is something else than it was. A registry must not let that happen; folders, repositories and tarballs do. */
function otherContent(before: ModuleView, now: ModuleView): string {
  const short = ({ integrity, resolved }: ModuleView): string => (resolved?.includes('#') === true ? resolved.slice(resolved.indexOf('#') + 1, resolved.indexOf('#') + 11) : `${integrity?.slice(0, 17) ?? ''}…`);
  return `${now.name} ${now.version} has another content than the one that was installed (${short(before)} → ${short(now)}); it was replaced\n  → mgr module:rollback ${now.name} goes back${/^[/.~]|:\/\//.test(now.source) || now.resolved?.includes('#') === true ? '' : '; ask who publishes it: versions of a registry do not change'}`;
}

/** 0: until it is online. `--safe` alone is PM2's three seconds. */
export function safeOf(options: Options): number {
  const given = options['safe'];
  if (given === true) return 3000;
  if (typeof given !== 'string') return 0;
  return parseSpan(given) ?? fail(given);
}

function fail(given: string): never {
  throw bad('--safe', given, 'milliseconds, or a time such as 5s');
}
