import path from 'node:path';
import { parseSpan } from '../../base/units.js';
import { askInstaller } from '../../client/installer.js';
import { showSize } from '../../base/units.js';
import { presentEnv } from '../env.js';
import { publish as release, type Wish } from '../publish/publish.js';
import { installerOf } from '../trust/newer.js';
import { bad, isOn, text } from '../values.js';
import { MgrError } from '../../base/errors.js';
import type { Command, Options } from '../world.js';

export const publish: Command = {
  args: '[folder]',
  options: [
    { flags: '--dry-run', summary: 'check, pack and try out, and change nothing' },
    { flags: '--patch', summary: 'the third number up' },
    { flags: '--minor', summary: 'the second number up; the default, as in PM2' },
    { flags: '--major', summary: 'the first number up' },
    { flags: '--access <who>', summary: 'public or restricted, for a name with a scope' },
    { flags: '--tag <tag>', summary: "npm's tag for this version, instead of latest" },
    { flags: '--otp <code>', summary: 'the one-time password; on a terminal npm asks for it' },
    { flags: '--no-git', summary: 'no commit, no tag, no push' },
    { flags: '--no-start', summary: 'do not start it before: a module that needs a server of yours' },
    { flags: '--safe <ms>', summary: 'how long it must stay up when it is tried out (default 3000)' },
    { flags: '--allow-scripts', summary: 'run install scripts when it is tried out' },
    { flags: '--allow-file <path>', summary: 'a file that looks like a secret and is none; may be repeated', repeat: true },
    { flags: '--npm', summary: 'to npm, as always', hidden: true },
  ],
  async run(cli, { args, options }) {
    const allowed: unknown = options['allowFile'];
    const optional = (key: 'access' | 'tag' | 'otp'): Partial<Wish> => { const value = text(options, key); return value === undefined ? {} : { [key]: value }; };
    const access = text(options, 'access');
    if (access !== undefined && access !== 'public' && access !== 'restricted') throw bad('--access', access, 'public or restricted');
    await release(cli, {
      dir: path.resolve(cli.world.cwd(), args[0] ?? '.'), step: stepOf(options), dryRun: isOn(options, 'dryRun'), git: options['git'] !== false,
      startMs: options['start'] === false ? undefined : startOf(text(options, 'safe')), allowScripts: isOn(options, 'allowScripts'),
      allowed: Array.isArray(allowed) ? allowed.map(String) : [], ...optional('access'), ...optional('tag'), ...optional('otp'),
    });
    return 0;
  },
};

export const pack: Command = {
  args: '[folder]',
  async run(cli, { args }) {
    const cwd = cli.world.cwd();
    const at = { cwd, env: presentEnv(cli), userHome: cli.world.userHome() };
    const packed = await askInstaller(installerOf(cli), 'pack', { dir: path.resolve(cwd, args[0] ?? '.'), to: cwd }, at, (event) => cli.out.progress(event.text));
    cli.out.progress('');
    for (const leak of packed.leaks) cli.out.notice(`mgr: ${leak.path} is in it: ${leak.why}`);
    cli.out.notice(`${packed.name} ${packed.version}: ${packed.files.length} files, ${showSize(packed.bytes)}; mgr install ${packed.file} takes it`);
    cli.out.answer(`${packed.file}\n`);
    return 0;
  },
};

function stepOf(options: Options): Wish['step'] {
  const given = (['patch', 'minor', 'major'] as const).filter((step) => isOn(options, step));
  if (given.length > 1) throw new MgrError('BAD_USAGE', { reason: `publish: ${given.map((g) => `--${g}`).join(' and ')} at once`, fix: 'give one of them' });
  return given[0] ?? 'minor';
}

function startOf(given: string | undefined): number {
  if (given === undefined) return 3000;
  const ms = parseSpan(given);
  if (ms === undefined) throw bad('--safe', given, 'milliseconds, or a time such as 5s');
  return ms;
}
