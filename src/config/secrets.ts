import path from 'node:path';

/**
 * A variable whose value is looked up when the program is started, and only then: `{secret: 'file:/run/secrets/db'}` or
 * `{secret: 'cmd:pass show db'}`. What is kept, listed and published is this reference (supervisor/launch/secrets.ts
 * resolves it).
 */
export type SecretRef =
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'cmd'; readonly command: string };

export const SECRET_WANTED = '{"secret": "file:<path>"} or {"secret": "cmd:<shell command>"}';

/** Has the value the form of a reference: an object with `secret` and nothing else? Whether it is a good one is told by `readSecret`. */
export function isSecretForm(value: unknown): value is { readonly secret: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 1 && 'secret' in value;
}

/** The reference as text, with an absolute path (a relative one starts at `cwd`); undefined: not one we understand. */
export function readSecret(text: unknown, cwd: string): string | undefined {
  if (typeof text !== 'string' || /[\0\r\n]/.test(text)) return undefined;
  const [, kind, rest = ''] = /^(file|cmd):(.*)$/.exec(text) ?? [];
  if (rest.trim() === '') return undefined;
  return kind === 'file' ? `file:${path.resolve(cwd, rest.trim())}` : `cmd:${rest.trim()}`;
}

/** Reads back what `readSecret` gave. Throws on anything else: a fault of ours or of a hand-made state file. */
export function secretRef(text: string): SecretRef {
  if (text.startsWith('file:')) return { kind: 'file', file: text.slice(5) };
  if (text.startsWith('cmd:')) return { kind: 'cmd', command: text.slice(4) };
  throw new Error(`not a secret reference: ${text.slice(0, 5)}`);
}
