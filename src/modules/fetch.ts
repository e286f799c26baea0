import pacote from 'pacote';
import { MgrError, errno, reasonOf } from '../base/errors.js';
import type { NpmConfig } from './npmrc.js';
import type { ModuleSpec } from './spec.js';

/** What npm's libraries are given; `Arborist` is wanted by git specs. */
export type FetchOptions = Readonly<Record<string, unknown>>;

export interface Manifest {
  readonly name: string;
  readonly version: string;
  /** Tarball address, commit or path: exactly this is installed. */
  readonly resolved: string;
  readonly integrity?: string;
}

// ms. A registry that accepts and says nothing: the first answer is small, a long packument later may take its time.
const FIRST_ANSWER = 20_000;
const LATER_ANSWERS = 60_000;

/**
 * The options both fetchers share. A dead registry is an answer within seconds: one retry after a second, and a
 * silent one is given up after FIRST_ANSWER twice (npm waits minutes). The user's own figures win when smaller.
 */
export function fetchOptions(config: NpmConfig, more: Readonly<Record<string, unknown>>): FetchOptions {
  const least = (key: string, limit: number): number => Math.min(typeof config[key] === 'number' ? config[key] : limit, limit);
  return {
    ...config,
    timeout: least('fetchTimeout', LATER_ANSWERS),
    fetchRetries: least('fetchRetries', 1),
    fetchRetryFactor: 2,
    fetchRetryMintimeout: 1000,
    fetchRetryMaxtimeout: 2000,
    packumentCache: new Map(),
    ...more,
  };
}

/** Reads name and version without unpacking anything into the home. Throws MODULE_FETCH with the reason. */
export async function fetchManifest(spec: ModuleSpec, options: FetchOptions): Promise<Manifest> {
  try {
    const timeout = Math.min(Number(options['timeout'] ?? FIRST_ANSWER), FIRST_ANSWER);
    const found = await pacote.manifest(spec.fetch, { ...options, timeout, preferOnline: true });
    if (typeof found.name !== 'string' || found.name === '') throw new MgrError('MODULE_BAD', { spec: spec.raw, reason: 'its package.json has no name' });
    const integrity = typeof found._integrity === 'string' ? found._integrity : undefined;
    return { name: found.name, version: typeof found.version === 'string' ? found.version : '0.0.0', resolved: found._resolved, ...(integrity === undefined ? {} : { integrity }) };
  } catch (e) {
    throw fetchFailure(spec, e);
  }
}

/** The tarball npm would make of a folder. Runs no scripts. Throws what pacote throws. */
export async function packFolder(dir: string, options: FetchOptions): Promise<{ readonly data: Buffer; readonly integrity: string }> {
  const data = await pacote.tarball(`file:${dir}`, { ...options, ignoreScripts: true });
  return { data, integrity: data.integrity };
}

/** Any error of npm's libraries as MODULE_FETCH (or MODULE_BAD) that says what happened and what to do. */
export function fetchFailure(spec: ModuleSpec, e: unknown): MgrError {
  if (e instanceof MgrError) return e;
  const code = errno(e) ?? '';
  const say = (reason: string, hint?: string): MgrError => new MgrError('MODULE_FETCH', { spec: spec.raw, reason, ...(hint === undefined ? {} : { hint }) }, e);
  const of = subject(spec, e);
  if (code === 'E404') return say(`${of}not found (404)`, 'check the name; a private package needs its registry and a token in ~/.npmrc');
  if (code === 'E401' || code === 'E403') return say(`${of}the registry refused (${code.slice(1)})`, 'npm login, or a token for this registry in ~/.npmrc');
  if (code === 'ETARGET' || code === 'ENOVERSIONS') return say(reasonOf(e).replace(/\.$/, ''), spec.name === undefined ? undefined : `npm view ${spec.name} versions shows what there is`);
  if (code === 'EINTEGRITY' || code === 'TAR_BAD_ARCHIVE') return say(`${of}${code === 'EINTEGRITY' ? 'bad integrity: what came is not what the registry announced' : 'the tarball is broken'}`, 'nothing was changed; try again, or ask who runs the registry');
  if (OFFLINE.has(code)) return say(`offline: ${address(e)} cannot be reached (${code})`, 'check the network, and `registry` and `proxy` in ~/.npmrc; nothing was changed');
  if (code === 'ENOENT' && /spawn git|executable/.test(reasonOf(e)) || code === 'ENOGIT') return say('git is not installed', 'install git, or give an npm name or a tarball');
  if (code === 'ENOENT' && spec.path !== undefined) return say(`${spec.path} ${spec.kind === 'folder' ? 'has no readable package.json' : 'does not exist'}`);
  if (code === 'ENOENT' && spec.kind !== 'folder') return new MgrError('MODULE_BAD', { spec: spec.raw, reason: 'it has no package.json' }, e);
  if (code === 'EJSONPARSE') return new MgrError('MODULE_BAD', { spec: spec.raw, reason: `its package.json is not JSON: ${reasonOf(e)}` }, e);
  if (code === 'EBADPLATFORM' || code === 'EBADENGINE') return new MgrError('MODULE_BAD', { spec: spec.raw, reason: reasonOf(e), hint: 'this version is not made for this machine; try another' }, e);
  if (/^E5\d\d$/.test(code)) return say(`the registry has a fault (${code.slice(1)})`, 'try again later; nothing was changed');
  if (spec.kind === 'git') return say(gitReason(e));
  return say(reasonOf(e));
}

const OFFLINE = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'ENETUNREACH', 'EHOSTUNREACH', 'ERR_SOCKET_TIMEOUT', 'FETCH_ERROR', 'ENETDOWN', 'EIDLETIMEOUT', 'ECONNECTIONTIMEOUT', 'ERESPONSETIMEOUT', 'ETRANSFERTIMEOUT', 'ENOTCACHED', 'EPIPE']);

// A dependency may be what failed: name it when it is not the module itself.
function subject(spec: ModuleSpec, e: unknown): string {
  const about = field(e, 'pkgid') ?? field(e, 'spec') ?? field(e, 'uri') ?? '';
  const name = spec.name ?? spec.fetch;
  return about === '' || about.startsWith(name) || about.includes(`/${name}`) ? '' : `${about}: `;
}

function address(e: unknown): string {
  return /https?:\/\/[^/\s]+/.exec(reasonOf(e))?.[0] ?? field(e, 'hostname') ?? 'the registry';
}

function gitReason(e: unknown): string {
  const lines = (field(e, 'stderr') ?? '').split('\n').filter((line) => /^(?:fatal|ERROR|remote|error)/.test(line));
  return lines[0] ?? reasonOf(e);
}

function field(e: unknown, key: string): string | undefined {
  const value: unknown = typeof e === 'object' && e !== null && key in e ? (e as Record<string, unknown>)[key] : undefined;
  return typeof value === 'string' ? value : undefined;
}
