import path from 'node:path';
import { tokenIn } from '../config/secrets-mask.js';
import type { TarFile } from './tar.js';

export interface Leak { readonly path: string; readonly why: string }

/** Files of a package that should not leave the house: by name, else by what stands in them. */
export function leaksIn(files: readonly TarFile[], name: string): Leak[] {
  return files.flatMap((file) => {
    const why = byName(file.path) ?? earlier(file.path, name) ?? byContent(file);
    return why === undefined ? [] : [{ path: file.path, why }];
  });
}

/** Names of files whose purpose is to hold secrets. Examples of them are none. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/^\.env(?:\.|$)(?!.*(?:example|sample|template|dist|defaults?)$)/i, 'environment variables'],
  [/^\.(?:npmrc|yarnrc\.yml|netrc|pgpass|pypirc|git-credentials|dockercfg|htpasswd)$/i, 'logins'],
  [/^id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?$/, 'a private key'],
  [/\.(?:p12|pfx|jks|keystore|kdbx|ppk)$/i, 'a store of keys'],
  [/^(?:credentials|client_secret.*|service[-_]?account.*)\.json$/i, 'logins'],
];

function byName(file: string): string | undefined {
  const base = path.posix.basename(file);
  return NAMES.find(([pattern]) => pattern.test(base))?.[1];
}

// A tarball of an earlier `mgr package` in the same folder.
function earlier(file: string, name: string): string | undefined {
  return !file.includes('/') && file.endsWith('.tgz') && file.startsWith(`${tarName(name)}-`) ? 'an earlier tarball of the package itself' : undefined;
}

/** The name in npm's file names: `@scope/name` is `scope-name`. */
export const tarName = (name: string): string => name.replace(/^@/, '').replace('/', '-');

// Bytes. What is larger is data or a bundle; a look at all of it would cost more than it finds.
const MOST = 2 * 1024 ** 2;
const PEM = /-----BEGIN [A-Z ]*PRIVATE KEY-----\s+(?:[A-Za-z0-9+/=]{16,}|Proc-Type)/;
const NPM_LOGIN = /^\s*(?:\/\/\S+:)?_(?:authToken|auth|password)\s*=\s*(?!\$\{)\S{6,}/m;
const AWS = /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/;

function byContent({ bytes, data }: TarFile): string | undefined {
  if (bytes > MOST || data.subarray(0, 8000).includes(0)) return undefined;
  const text = data.toString('utf8');
  if (PEM.test(text)) return 'a private key in it';
  if (NPM_LOGIN.test(text)) return "npm's login in it";
  // AWS prints this one in its own documentation.
  if (AWS.test(text.replaceAll('AKIAIOSFODNN7EXAMPLE', ''))) return 'an AWS key in it';
  const token = tokenIn(text);
  return token === undefined ? undefined : `a token in it (${token.slice(0, 6)}…, line ${text.slice(0, text.indexOf(token)).split('\n').length})`;
}
