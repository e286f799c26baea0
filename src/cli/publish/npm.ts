import { MgrError } from '../../base/errors.js';
import { run, type Ended } from './run.js';

type Env = Readonly<Record<string, string | undefined>>;

export interface NpmOptions {
  readonly dir: string;
  readonly name: string;
  readonly env: Env;
  readonly access?: string;
  readonly tag?: string;
  readonly otp?: string;
  /** `publishConfig.registry` of package.json. */
  readonly registry?: string;
}

/**
 * What publishing needs of npm, asked before anything is changed: is it there, who are we for the registry, is the version
 * free. Throws PUBLISH. Gives the name of the user and the registry.
 */
export async function checkNpm(options: NpmOptions, version: string): Promise<{ readonly user: string | undefined; readonly registry: string }> {
  const { dir, name, env } = options;
  const npm = (...args: string[]): Promise<Ended> => run('npm', args, { cwd: dir, env: quiet(env), limit: 60_000 });
  const bad = (reason: string, hint: string): MgrError => new MgrError('PUBLISH', { name, reason, hint });
  if ((await npm('--version')).code === undefined) throw bad('npm is not on the PATH; it is what logs in and publishes', 'install npm (it comes with Node)');
  const registry = options.registry ?? await registryOf(name, npm);
  const [who, there] = await Promise.all([npm('whoami', '--registry', registry), npm('view', `${name}@${version}`, 'version', '--registry', registry)]);
  if (there.ok && there.out.trim() !== '') throw bad(`${name} ${version} is on ${registry} already`, '--patch, --minor or --major give another number');
  const code = codeOf(who);
  // A CI job with a trusted publisher has no login: npm gets one as it publishes.
  const trusted = env['ACTIONS_ID_TOKEN_REQUEST_URL'] !== undefined || env['NPM_ID_TOKEN'] !== undefined;
  if (!who.ok && (code === 'ENEEDAUTH' || code === 'E401') && !trusted) throw bad(`npm is not logged in at ${registry}`, `npm login --registry ${registry}`);
  if (!who.ok && OFFLINE.has(code)) throw bad(`${registry} cannot be reached (${code})`, 'check the network, and `registry` and `proxy` in ~/.npmrc');
  return { user: who.ok ? who.out.trim() : undefined, registry };
}

// As npm does: the scope's registry, else the one for all.
async function registryOf(name: string, npm: (...args: string[]) => Promise<Ended>): Promise<string> {
  const scoped = name.startsWith('@') ? (await npm('config', 'get', `${name.slice(0, name.indexOf('/'))}:registry`)).out.trim() : '';
  return scoped === '' || scoped === 'undefined' ? (await npm('config', 'get', 'registry')).out.trim() : scoped;
}

/** Publishes a tarball. On a terminal npm may ask for a one-time code. Throws PUBLISH with npm's reason and what to do. */
export async function publishTarball(options: NpmOptions, file: string, registry: string, terminal: boolean): Promise<void> {
  const { dir, name, env, access, tag, otp } = options;
  const args = ['publish', file, '--registry', registry, ...(access === undefined ? [] : ['--access', access]), ...(tag === undefined ? [] : ['--tag', tag]), ...(otp === undefined ? [] : ['--otp', otp])];
  const ended = await run('npm', args, { cwd: dir, env: quiet(env), terminal });
  if (!ended.ok) throw refusal(name, registry, ended);
}

/** What npm said, as an error that tells what to do. */
export function refusal(name: string, registry: string, ended: Ended): MgrError {
  const code = codeOf(ended);
  const said = linesOf(ended).find((line) => !/^(?:code|A complete log|errno|syscall|need auth This)\b/.test(line))?.replace(/^(?:E?\d{3}|need auth) /, '') ?? `npm ended with code ${ended.code ?? '?'}`;
  const say = (reason: string, hint: string): MgrError => new MgrError('PUBLISH', { name, reason, hint, code });
  if (code === 'ENEEDAUTH' || code === 'E401') return say(`${registry} does not know you${code === 'E401' ? ` (${said})` : ''}`, `npm login --registry ${registry}`);
  if (code === 'EOTP') return say('the registry wants a one-time password', '--otp <code>');
  if (code === 'E402') return say('a name with a scope is private by default, and private packages are paid for', '--access public');
  if (/publish over|already exists|EPUBLISHCONFLICT/i.test(`${code} ${said}`)) return say('this version is on the registry already', '--patch, --minor or --major give another number');
  if (code === 'E403' || code === 'E404') return say(`the registry refused: ${said}`, 'is the name yours? npm owner ls tells whose it is, npm whoami who you are');
  if (OFFLINE.has(code)) return say(`${registry} cannot be reached (${code})`, 'check the network, and run the command again');
  return say(said, 'what npm says above is all it says; npm publish --loglevel verbose tells more');
}

const OFFLINE = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'ENETUNREACH', 'ERR_SOCKET_TIMEOUT', 'EHOSTUNREACH']);

/** `npm error …` of npm 10 and later, `npm ERR! …` before. */
const linesOf = (ended: Ended): string[] => ended.err.split('\n').flatMap((line) => /^npm (?:error|ERR!) ?(.*)$/.exec(line)?.[1] ?? []).filter((line) => line !== '');

const codeOf = (ended: Ended): string => linesOf(ended).find((line) => line.startsWith('code '))?.slice('code '.length).trim() ?? '';

function quiet(env: Env): Env {
  // A run of npm inside a run of npm (npm run release) must not take the outer one's script for its own.
  return { ...Object.fromEntries(Object.entries(env).filter(([key]) => !/^npm_(?:lifecycle|package)_/.test(key))), npm_config_update_notifier: 'false', npm_config_fund: 'false', npm_config_audit: 'false', npm_config_progress: 'false' };
}
