import { MgrError } from '../base/errors.js';
import { startFlags } from '../config/options.js';
import type { OptionRow } from './world.js';

/** What PM2 has and mgr has not: why, and what to do instead. Loaded only when such a word was typed. */
const SERVICE = ["PM2's commands for its paid service do nothing here: mgr talks to no service and sends nothing anywhere", '`mgr monit` and `mgr list` look at this machine'] as const;

const WORDS: Readonly<Record<string, readonly [reason: string, fix: string]>> = {
  link: SERVICE, unlink: SERVICE, monitor: SERVICE, unmonitor: SERVICE, open: SERVICE, plus: SERVICE, register: SERVICE, login: SERVICE, logout: SERVICE, interact: SERVICE,
  'install-otel': ['mgr sends no traces', 'install your tracing library in the program itself'],
  'uninstall-otel': ['mgr sends no traces', 'nothing is to be removed'],
  web: ['`web` served the list over HTTP to everybody; it is gone from PM2 too', '`mgr jlist` prints the same JSON'],
  deepupdate: ['mgr does not install itself anew', 'install the new version with npm, then `mgr update`: no program is touched'],
  autoinstall: ['`autoinstall` has no script in PM2 either', 'mgr install <module>'],
  create: ['mgr brings no sample projects', '`mgr init` writes an ecosystem.config.js for the one you have'],
  examples: ['the examples are in the README', '`mgr --help` lists the commands, `mgr start --help` the options of one'],
  logrotate: ['logs are rotated by mgr itself; no file in /etc/logrotate.d is needed', 'mgr set mgr:log_max_size 100M sets the size'],
  inspect: ['PM2 asks its agent for an inspector; the agent is not in mgr', '`mgr sendSignal SIGUSR1 <name>` makes Node open one on 127.0.0.1:9229'],
  'profile:cpu': ['it profiles PM2\'s daemon, not your program', 'for a program of yours: `mgr start app.js --node-args="--cpu-prof"`'],
  'profile:mem': ['it profiles PM2\'s daemon, not your program', 'for a program of yours: `mgr start app.js --node-args="--heap-prof"`'],
  gc: ['`gc` is of PM2\'s agent', 'nothing is to be done: the daemon stays small'],
};

/** The error for a word that only PM2 knows as a command; undefined: PM2 does not know it either. */
export function pm2Word(word: string): MgrError | undefined {
  const key = word.toLowerCase();
  if (!Object.hasOwn(WORDS, key)) return undefined;
  const [reason, fix] = WORDS[key] ?? ['', ''];
  return new MgrError('BAD_USAGE', { reason: `there is no \`${word}\` here: ${reason}`, fix });
}

// `start --container` and its kin build and run Docker images.
const DOCKER: ReadonlySet<string> = new Set(['--container', '--dist', '--image-name', '--node-version', '--fresh', '--dockerdaemon', '--daemon']);

const OTHERS = [
  '--env <name>', '--only <names>', '-a, --update-env', '-f, --force', '--parallel <n>', '-w, --write', '-m, --mini-list', '--sort <field>', '--attach', '--no-daemon',
  '--hp <home>', '--wait-ip', '--service-name <name>',
];

/** Every option of PM2, when the flag is one of them: to be understood where they mean nothing. Throws for what mgr has not. */
export function pm2Flags(flag: string): readonly OptionRow[] | undefined {
  if (DOCKER.has(flag)) throw new MgrError('BAD_USAGE', { reason: `there is no \`${flag}\` here: mgr builds no Docker images`, fix: 'in an image of your own: CMD ["mgr-runtime", "ecosystem.config.js"]' });
  const rows = [...startFlags().map(({ flags }) => flags), ...OTHERS].map((flags) => ({ flags, summary: '' }));
  return rows.some(({ flags }) => flags.split(/[ ,]+/).includes(flag)) ? rows : undefined;
}
