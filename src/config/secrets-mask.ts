import type { AppEnv } from './spec.js';

/**
 * What looks like a secret is shown as `***`: variables by their names, and parts of values (the password in a URL, the
 * members of a JSON object, private keys, tokens of well-known forms). This is about what is shown; programs get their
 * variables as they are.
 */
export const MASK = '***';

type Vars = Readonly<Record<string, string>>;

/** Words that say it wherever they stand, and short ones that must be a word of their own (`COMPASS`, `AUTHOR` are none). */
const STRONG = /passwor[dt]|passwd|passphrase|secret|token(?!iz)|api[_-]?key|apikey|private[_-]?key|access[_-]?key|(?:encryption|signing|master|license)[_-]?key|credential|authorization|webhook|cookie/i;
const WORDS = new Set(['pass', 'pwd', 'auth', 'oauth', 'pw', 'cred', 'creds', 'salt', 'jwt', 'pin', 'passcode', 'dsn']);
/** `SMTPPASS`, `PGPASS`, `REDISCLIAUTH`, but not `COMPASS` and `BYPASS`. */
const TAIL = /(?<!com|by|tres|sur|over|under)pass$|(?<!un)auth$/i;
/** What stands about a secret and is none: where it lies, how long it lives, whether there is one. */
const ABOUT = /(?:^|[_.-])(?:file|path|dir|sock|socket|ttl|timeout|expiry|expires|lifetime|length|len|count|limit|enabled|disabled|required|rounds|algorithm|host|port|domain|issuer|user|username|type|method|provider)$/i;
const NONE = new Set(['PWD', 'OLDPWD', 'MAX_TOKENS', 'MIN_TOKENS', 'SSH_AUTH_SOCK', 'XAUTHORITY']);
/** Values that keep no secret. */
const PLAIN = /^(?:|true|false|yes|no|on|off|null|undefined|none)$/i;

/** Does a variable, setting or key of this name hold a secret? */
export function namesSecret(name: string): boolean {
  if (NONE.has(name.toUpperCase()) || ABOUT.test(name)) return false;
  if (STRONG.test(name)) return !/(?:^|_)(?:max|min|num)_\w*tokens$/i.test(name);
  return name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').split(/[^A-Za-z0-9]+/).some((w) => WORDS.has(w.toLowerCase())) || TAIL.test(name);
}

/** The value as it may be shown. */
export function maskValue(name: string, value: string): string {
  if (PLAIN.test(value)) return value;
  return namesSecret(name) ? MASK : maskText(value);
}

/** All of them; the same object when nothing had to be masked. */
export function maskVars<T extends Vars>(vars: T): T {
  let masked: Record<string, string> | undefined;
  for (const [name, value] of Object.entries(vars)) {
    const shown = maskValue(name, value);
    if (shown !== value) (masked ??= { ...vars })[name] = shown;
  }
  return (masked as T | undefined) ?? vars;
}

// A password may hold a slash that should have been escaped; a number and a slash is a port and a path.
const URL_LOGIN = /\b([a-z][a-z0-9+.-]*:\/\/[^\s/:@?#]*):(?!\d*\/)[^\s@]+@/gi;
const URL_TOKEN = /\b(https?:\/\/)([^\s/:@?#]{16,})@/gi;
const QUERY = /([?&;])([\w.-]+)=([^&#;\s]+)/g;
const PEM = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;
const TOKENS = /\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abprs]-[\w-]{10,}|[sr]k_(?:live|test)_\w{10,}|npm_[A-Za-z0-9]{30,}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)/g;

/** The first token of a well-known form in a text. */
export function tokenIn(text: string): string | undefined {
  return text.match(TOKENS)?.[0];
}

/** The secrets inside a text whose name says nothing: URL logins, query values, tokens, private keys, members of JSON. */
export function maskText(value: string): string {
  if (value.length < 8) return value;
  if (PEM.test(value)) return MASK;
  const inner = /^\s*[[{]/.test(value) ? maskJson(value) : undefined;
  if (inner !== undefined) return inner;
  let text = value;
  if (text.includes('://')) text = text.replace(URL_LOGIN, `$1:${MASK}@`).replace(URL_TOKEN, `$1${MASK}@`);
  if (text.includes('=')) text = text.replace(QUERY, (all, lead: string, key: string) => (namesSecret(key) ? `${lead}${key}=${MASK}` : all));
  return text.replace(TOKENS, MASK);
}

function maskJson(text: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined; // only looks like JSON
  }
  const masked = maskDeep(value);
  return masked === value ? text : JSON.stringify(masked);
}

/** Any record, by the names of its members; the same object when nothing had to be masked. */
export function maskDeep(value: unknown, name = '', depth = 0): unknown {
  if (typeof value === 'string') return maskValue(name, value);
  if (typeof value === 'number') return namesSecret(name) ? MASK : value;
  if (typeof value !== 'object' || value === null || depth > 20) return value;
  const before = Object.entries(value);
  const after = before.map(([k, v]) => [k, maskDeep(v, Array.isArray(value) ? name : k, depth + 1)] as const);
  if (after.every(([, v], i) => v === before[i]?.[1])) return value;
  return Array.isArray(value) ? after.map(([, v]) => v) : Object.fromEntries(after);
}

/** May this be a text that we masked? */
export function looksMasked(value: string): boolean {
  return value === MASK || (value.includes(MASK) && /:\*\*\*@|\/\/\*\*\*@|[=]\*\*\*(?:[&;#\s]|$)|"\*\*\*"/.test(value));
}

/**
 * Variables that came from somebody who may have them from us: a masked value stands for ours, and where we have none it
 * is left out, so that `***` never reaches a program.
 */
export function unmaskVars(given: Vars, ours: Vars): Record<string, string> {
  const kept: [string, string][] = [];
  for (const [name, value] of Object.entries(given)) {
    if (!value.includes(MASK)) { kept.push([name, value]); continue; }
    const own = Object.hasOwn(ours, name) ? ours[name] : undefined;
    if (own !== undefined && (value === own || value === maskValue(name, own))) kept.push([name, own]);
    else if (!looksMasked(value)) kept.push([name, value]);
  }
  return Object.fromEntries(kept);
}

/** The variables of a declaration, as they may be shown; the same object when nothing had to be masked. */
export function maskEnv(env: AppEnv): AppEnv {
  const [inherited, declared] = [maskVars(env.inherited), maskVars(env.declared)];
  const covered = env.covered?.map((c) => (c.value === undefined ? c : { ...c, value: maskValue(c.name, c.value) }));
  return inherited === env.inherited && declared === env.declared && covered === undefined ? env : { ...env, inherited, declared, ...(covered && { covered }) };
}

/**
 * A declaration from somebody who may have its variables from us: layer by layer what was masked is `ours` again.
 * `ours` undefined: the app is new.
 */
export function unmaskEnv(env: AppEnv, ours: AppEnv | undefined): AppEnv {
  const clean = (vars: Vars): boolean => Object.values(vars).every((v) => !v.includes(MASK));
  if (clean(env.inherited) && clean(env.declared)) return env;
  return { ...env, inherited: unmaskVars(env.inherited, ours?.inherited ?? {}), declared: unmaskVars(env.declared, { ...ours?.inherited, ...ours?.declared }) };
}
