import { MgrError } from '../../base/errors.js';
import { nearest } from '../../base/nearest.js';
import { showValue } from '../../config/words.js';

/** One environment of a config file's `deploy`, checked (pm2-facts 1.5). */
export interface Target {
  readonly env: string;
  readonly hosts: readonly string[];
  readonly user?: string;
  readonly repo: string;
  /** Folder on the host; `~/` is its user's home. */
  readonly path: string;
  readonly ref: string;
  readonly key?: string;
  readonly port?: string;
  readonly sshOptions: readonly string[];
  readonly forwardAgent: boolean;
  readonly tty: boolean;
  /** A shallow fetch. */
  readonly fast: boolean;
  /** Exported before post-deploy and `exec`. */
  readonly vars: Readonly<Record<string, string>>;
  readonly hooks: { readonly [H in Hook]?: string };
}

export type Hook = 'pre-setup' | 'post-setup' | 'pre-deploy-local' | 'pre-deploy' | 'post-deploy';
const HOOKS: readonly Hook[] = ['pre-setup', 'post-setup', 'pre-deploy-local', 'pre-deploy', 'post-deploy'];

type Bag = Readonly<Record<string, unknown>>;
const isBag = (v: unknown): v is Bag => typeof v === 'object' && v !== null && !Array.isArray(v);

/** Throws BAD_OPTION naming file and path, BAD_USAGE for an environment that is not there. */
export function targetOf(deploy: unknown, env: string, file: string): Target {
  if (!isBag(deploy)) throw new MgrError('BAD_FILE', { file, reason: 'there is no `deploy` in it', fix: 'wanted: deploy: { production: { host, repo, path, ref } }' });
  const bag = Object.hasOwn(deploy, env) ? deploy[env] : undefined;
  if (!isBag(bag)) {
    const known = Object.keys(deploy);
    const near = nearest(env, known);
    throw new MgrError('BAD_USAGE', { reason: `deploy: ${file} has no environment \`${env}\``, fix: near === undefined ? `it has: ${known.join(', ')}` : `did you mean \`${near}\`? It has: ${known.join(', ')}` });
  }
  const bad = (key: string, got: unknown, wanted: string): never => {
    throw new MgrError('BAD_OPTION', { file, path: `deploy.${env}.${key}`, got: got === undefined ? 'nothing' : showValue(got), wanted });
  };
  // `forward-agent` and `forward_agent` are the same, as are the others.
  const get = (key: string): unknown => [key, key.replaceAll('_', '-'), key.replaceAll('-', '_')].map((k) => bag[k]).find((v) => v !== undefined && v !== null && v !== '');
  const text = (key: string): string | undefined => {
    const v = get(key);
    return v === undefined || typeof v === 'string' ? v : typeof v === 'number' ? String(v) : bad(key, v, 'a text');
  };
  const word = (key: string, v: string): string => (/^-|[\s\p{Cc}]/u.test(v) ? bad(key, v, 'one word that does not begin with a dash') : v);
  const plain = (key: string, v: string): string => (/^-|\p{Cc}/u.test(v) ? bad(key, v, 'a text on one line that does not begin with a dash') : v);
  const must = (key: string): string => text(key) ?? bad(key, undefined, 'a text');
  const isOn = (key: string): boolean => [true, 'true', 'yes', 1, '1'].includes(get(key) as boolean | string | number);
  const list = (key: string): string[] => [get(key) ?? []].flat().map((v) => (typeof v === 'string' && v !== '' ? v : bad(key, v, 'a text or a list of texts')));
  const hosts = list('host').map((h) => word('host', h));
  if (hosts.length === 0) bad('host', undefined, 'a host, or a list of hosts');
  const vars = get('env') ?? {};
  if (!isBag(vars)) bad('env', vars, 'variables');
  const [user, key, port] = [text('user'), text('key'), text('port')];
  return {
    env, hosts, repo: plain('repo', must('repo')), path: must('path').replace(/(?<=.)\/+$/, ''), ref: word('ref', must('ref')),
    ...(user !== undefined && { user: word('user', user) }), ...(key !== undefined && { key }), ...(port !== undefined && { port: /^\d+$/.test(port) ? port : bad('port', port, 'a port') }),
    sshOptions: list('ssh_options'), forwardAgent: isOn('forward-agent'), tty: isOn('needs_tty'), fast: text('fetch') === 'fast',
    vars: Object.fromEntries(Object.entries(vars as Bag).map(([k, v]) => [/^[A-Za-z_]\w*$/.test(k) ? k : bad(`env.${k}`, k, 'the name of a variable'), typeof v === 'string' ? v : JSON.stringify(v)])),
    hooks: Object.fromEntries(HOOKS.flatMap((h) => { const v = text(h); return v === undefined ? [] : [[h, v]]; })),
  };
}

/** Arguments of ssh up to the remote command. */
export function sshArgs(t: Target, host: string): string[] {
  return [
    ...(t.forwardAgent ? ['-A'] : []), ...(t.tty ? ['-t'] : []), ...(t.port === undefined ? [] : ['-p', t.port]), ...(t.key === undefined ? [] : ['-i', t.key]),
    ...t.sshOptions.flatMap((o) => ['-o', o]), t.user === undefined ? host : `${t.user}@${host}`,
  ];
}
