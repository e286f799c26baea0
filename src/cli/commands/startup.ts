import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { MgrError, errno, reasonOf } from '../../base/errors.js';
import { shellWord } from '../../base/shell.js';
import { DAEMON_FLAGS } from '../../client/launch.js';
import { finder, systemProbe } from '../../config/probe.js';
import { runAs } from '../../config/users.js';
import { launchd } from '../startup/launchd.js';
import { openrc } from '../startup/openrc.js';
import { type Platform, platformOf } from '../startup/platform.js';
import type { Plan, Service } from '../startup/service.js';
import { systemd } from '../startup/systemd.js';
import { isOn, targetsOf, text } from '../values.js';
import type { Cli, Command, Input, OptionRow } from '../world.js';

const OPTIONS: readonly OptionRow[] = [
  { flags: '-u, --user <user>', summary: 'whose programs (default: you)' },
  { flags: '--hp <folder>', summary: 'home folder of the user; the home of mgr is <folder>/.mgr' },
  { flags: '--service-name <name>', summary: 'name of the service (default mgr-<user>)' },
  { flags: '--print', summary: 'show what would be written and change nothing' },
];

/** Makes the daemon a service that is started at boot. Shows each file and each command; not root: says which line to run, status 1. */
export const startup: Command = {
  args: '[platform]',
  options: [...OPTIONS, { flags: '--wait-ip', summary: 'start after the network has an address' }],
  run: (cli, input) => {
    const { plan, platform } = planOf(cli, input);
    if (isOn(input.options, 'print')) { cli.out.answer(shown(plan, plan.on)); return Promise.resolve(0); }
    if (!mayWrite(cli, platform)) return Promise.resolve(sudoLine(cli, input, 'startup', platform));
    const file = rooted(cli, plan.file);
    writing(file, () => {
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, plan.text, { mode: plan.mode });
      fs.chmodSync(file, plan.mode);
    });
    cli.out.answer(shown({ ...plan, file }, []));
    if (!runAll(cli, plan.on)) return Promise.resolve(1);
    for (const line of plan.then) cli.out.done(line);
    return Promise.resolve(0);
  },
};

/** Takes it back. What runs runs on. */
export const unstartup: Command = {
  args: '[platform]',
  options: OPTIONS,
  run: (cli, input) => {
    const { plan, platform } = planOf(cli, input);
    const file = rooted(cli, plan.file);
    if (isOn(input.options, 'print')) {
      cli.out.answer([...plan.off, ['rm', file], ...plan.gone].map(commandLine).join(''));
      return Promise.resolve(0);
    }
    if (!mayWrite(cli, platform)) return Promise.resolve(sudoLine(cli, input, 'unstartup', platform));
    if (!fs.existsSync(file)) { cli.out.notice(`mgr: ${file} is not there, nothing to take back`); return Promise.resolve(0); }
    const off = runAll(cli, plan.off);
    writing(file, () => fs.rmSync(file));
    cli.out.answer(commandLine(['rm', file]));
    return Promise.resolve(runAll(cli, plan.gone) && off ? 0 : 1);
  },
};

function planOf(cli: Cli, input: Input): { readonly plan: Plan; readonly platform: Platform } {
  const which = finder(`${cli.world.env['PATH'] ?? ''}:/usr/sbin:/sbin:/usr/bin:/bin`);
  const platform = platformOf(targetsOf(input)[0], (command) => which(command) !== undefined);
  const { uid, username, execPath, dist } = cli.world.machine();
  const user = text(input.options, 'user') ?? username;
  const service: Service = {
    name: text(input.options, 'serviceName') ?? `mgr-${user}`, user, home: homeOf(cli, input, user),
    path: cli.world.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin', node: execPath, flags: DAEMON_FLAGS, bin: path.resolve(dist, '../bin'), waitIp: isOn(input.options, 'waitIp'),
  };
  checkTexts(service);
  const plan = platform === 'systemd' ? systemd(service) : platform === 'openrc' ? openrc(service) : launchd(service, uid === 0 ? undefined : text(input.options, 'hp') ?? cli.world.userHome());
  return { plan, platform };
}

// --hp, else MGR_HOME as it is set, else the folder of that user.
function homeOf(cli: Cli, input: Input, user: string): string {
  const hp = text(input.options, 'hp');
  if (hp !== undefined) return path.resolve(cli.world.cwd(), hp, '.mgr');
  if (user === cli.world.machine().username || cli.world.env['MGR_HOME']) return cli.home.dir;
  const found = runAs(user, undefined, systemProbe).user_home;
  if (found === undefined) throw new MgrError('BAD_USAGE', { reason: `startup: the home folder of \`${user}\` is not known`, fix: 'wanted: --hp <folder>' });
  return path.join(found, '.mgr');
}

function checkTexts(s: Service): void {
  if (!/^[\w][\w.@-]*$/.test(s.name)) throw new MgrError('BAD_OPTION', { path: '--service-name', got: `\`${s.name}\``, wanted: 'letters, digits and any of . _ - @' });
  for (const value of [s.user, s.home, s.path, s.node, s.bin]) if (/\p{Cc}/u.test(value)) throw new MgrError('BAD_USAGE', { reason: `startup: ${JSON.stringify(value)} has a control character, which no service file can hold` });
}

// A service of the system is root's; a user's launch agent is his own.
function mayWrite(cli: Cli, platform: Platform): boolean {
  return cli.world.machine().uid === 0 || platform === 'launchd';
}

function sudoLine(cli: Cli, input: Input, verb: string, platform: Platform): number {
  const { username, execPath, dist } = cli.world.machine();
  const { env } = cli.world;
  const hp = text(input.options, 'hp') ?? cli.world.userHome();
  const home = text(input.options, 'hp') === undefined && env['MGR_HOME'] ? [`MGR_HOME=${cli.home.dir}`] : [];
  const name = text(input.options, 'serviceName');
  const words = ['sudo', 'env', `PATH=${env['PATH'] ?? ''}`, ...home, execPath, path.resolve(dist, '../bin/mgr.js'), verb, platform, '-u', text(input.options, 'user') ?? username,
    ...(home.length > 0 ? [] : ['--hp', path.resolve(cli.world.cwd(), hp)]), ...(name === undefined ? [] : ['--service-name', name]), ...(isOn(input.options, 'waitIp') ? ['--wait-ip'] : [])];
  cli.out.problem(`mgr: ${verb}: services of the system are root's; run this line:`);
  cli.out.answer(`${words.map(shellWord).join(' ')}\n`);
  return 1;
}

function runAll(cli: Cli, commands: readonly (readonly string[])[]): boolean {
  for (const [command = '', ...args] of commands) {
    cli.out.answer(commandLine([command, ...args]));
    const r = spawnSync(command, args, { encoding: 'utf8', env: { ...cli.world.env, PATH: `${cli.world.env['PATH'] ?? ''}:/usr/sbin:/sbin:/usr/bin:/bin` } });
    cli.out.notice(`${r.stdout ?? ''}${r.stderr ?? ''}`.trimEnd());
    if (r.status === 0) continue;
    cli.out.problem(`mgr: ${command} ${args.join(' ')} ended with ${r.error ? reasonOf(r.error) : `status ${String(r.status ?? r.signal)}`}`);
    return false;
  }
  return true;
}

const commandLine = (words: readonly string[]): string => `$ ${words.map(shellWord).join(' ')}\n`;
const shown = (plan: Plan, commands: readonly (readonly string[])[]): string => `# ${plan.file}\n${plan.text}\n${commands.map(commandLine).join('')}`;

/** Another root folder, for images that are built and for tests. */
const rooted = (cli: Cli, file: string): string => (cli.world.env['MGR_STARTUP_ROOT'] ? path.join(cli.world.env['MGR_STARTUP_ROOT'], file) : file);

function writing(file: string, deed: () => void): void {
  try {
    deed();
  } catch (e) {
    throw new MgrError(errno(e) === 'EACCES' || errno(e) === 'EPERM' || errno(e) === 'EROFS' ? 'NO_PERMISSION' : 'BAD_FILE', { path: file, file, reason: reasonOf(e) }, e);
  }
}
