import fs from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';

/** One named validator. `wanted` completes "wanted …". */
export interface NamedCheck { readonly wanted: string; readonly test: (value: unknown, cwd: string) => boolean | Promise<boolean> }

const text = (wanted: string, pattern: RegExp | ((s: string) => boolean)): NamedCheck =>
  ({ wanted, test: (v) => typeof v === 'string' && (pattern instanceof RegExp ? pattern.test(v) : pattern(v)) });
const number = (wanted: string, good: (n: number) => boolean): NamedCheck => ({ wanted, test: (v) => typeof v === 'number' && good(v) });
const file = (wanted: string, good: (p: string) => Promise<boolean>): NamedCheck => ({
  wanted,
  test: async (v, cwd) => {
    if (typeof v !== 'string' || v === '') return false;
    // What cannot be asked about is not there, or not ours to use: both mean no.
    return good(path.resolve(cwd, v)).catch(() => false);
  },
});

const LABEL = /^(?!-)[a-z\d-]{1,63}(?<!-)$/i;
const hostname = (s: string): boolean => s.length <= 253 && s.split('.').every((label) => LABEL.test(label));
const web = (s: string): boolean => URL.canParse(s) && /^https?:$/.test(new URL(s).protocol);

/** The validators `$name`, without the `$`. */
export const CHECKS: Readonly<Record<string, NamedCheck>> = {
  port: number('a port, 0 to 65535', (n) => Number.isInteger(n) && n >= 0 && n <= 65_535),
  positive: number('a number above 0', (n) => n > 0),
  integer: number('a whole number', Number.isInteger),
  alpha: text('letters only', /^\p{L}+$/u),
  alphanum: text('letters and digits only', /^[\p{L}\p{N}]+$/u),
  email: text('a mail address', (s) => /^[^\s@<>(),;:"\\]{1,64}@([^\s@]+)$/.test(s) && hostname(s.slice(s.indexOf('@') + 1))),
  hostname: text('a host name', hostname),
  ipv4: text('an IPv4 address', net.isIPv4),
  ipv6: text('an IPv6 address', net.isIPv6),
  httpurl: text('an http or https URL', web),
  url: text('an http or https URL', web),
  json: text('JSON', (s) => { try { JSON.parse(s); return true; } catch { /* that it throws is the answer */ return false; } }),
  hex: text('hexadecimal digits', /^[\da-f]+$/i),
  base64: text('base64', /^(?=.)(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?$/),
  uuid: text('a UUID', /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i),
  file: file('a file that is there', async (p) => (await fs.stat(p)).isFile()),
  directory: file('a directory that is there', async (p) => (await fs.stat(p)).isDirectory()),
  executable: file('a file that may be executed', async (p) => { await fs.access(p, fs.constants.X_OK); return (await fs.stat(p)).isFile(); }),
  writable: file('a path that may be written', async (p) => {
    const there = await fs.access(p).then(() => true, () => false);
    // What is not there yet can be made where its folder can be written.
    await fs.access(there ? p : path.dirname(p), fs.constants.W_OK);
    return true;
  }),
};
