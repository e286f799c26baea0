import net from 'node:net';
import type { Fault } from './health.js';
import type { Kind } from './kinds.js';
import type { ListenAt } from './spec.js';

const WANTED = 'a port, host:port, a path of a socket, {port, host?}, {path, mode?}, or a list of these';

/** `listen`: sockets that are held for the app. A text holds several, parted by commas. */
export const listen: Kind<readonly ListenAt[]> = {
  kind: 'sockets', wanted: WANTED,
  schema: { type: ['integer', 'string', 'object', 'array'], properties: { port: { type: ['integer', 'string'] }, host: { type: 'string' }, path: { type: 'string' }, mode: { type: ['integer', 'string'] } } },
  parse(v) { const read = readAll(v); return isFault(read) ? undefined : read; },
  explain(v) { const read = readAll(v); return isFault(read) ? read : undefined; },
};

function readAll(v: unknown): readonly ListenAt[] | Fault {
  const all: unknown[] = Array.isArray(v) ? v : typeof v === 'string' ? v.split(',').map((s) => s.trim()) : [v];
  const found = new Map<string, ListenAt>();
  for (const [i, one] of all.entries()) {
    const read = typeof one === 'object' && one !== null && !Array.isArray(one) ? ofObject(one as Record<string, unknown>) : ofText(one);
    if ('at' in read) return { ...read, at: [...(Array.isArray(v) ? [`[${i}]`] : []), ...(read.at === '' ? [] : [read.at])].join('.') };
    found.set(JSON.stringify(read), read);
  }
  return found.size === 0 ? { at: '', got: v, wanted: WANTED } : [...found.values()];
}

// Not `'at' in read`: lists have a method of that name.
function isFault(read: readonly ListenAt[] | Fault): read is Fault { return !Array.isArray(read); }

function ofText(v: unknown): ListenAt | Fault {
  const port = portOf(v);
  if (port !== undefined) return { port };
  if (typeof v !== 'string' || v === '') return { at: '', got: v, wanted: WANTED };
  if (v.includes('/') && !v.includes('\0')) return { path: v };
  const [, host = '', number] = /^(.*):(\d+)$/.exec(v) ?? [];
  return number === undefined ? { at: '', got: v, wanted: WANTED } : ofObject({ host: host.replace(/^\[(.*)\]$/, '$1'), port: number });
}

function ofObject(o: Record<string, unknown>): ListenAt | Fault {
  const unknown = Object.keys(o).find((key) => !['port', 'host', 'path', 'mode'].includes(key));
  if (unknown !== undefined) return { at: unknown, got: o[unknown], wanted: 'one of port, host, path, mode' };
  if ((o['port'] === undefined) === (o['path'] === undefined)) return { at: '', got: o, wanted: 'exactly one of `port`, `path`' };
  return o['path'] === undefined ? ofPort(o) : ofPath(o);
}

function ofPort(o: Record<string, unknown>): ListenAt | Fault {
  const port = portOf(o['port']);
  if (port === undefined) return { at: 'port', got: o['port'], wanted: 'a port of 1 to 65535' };
  if (o['mode'] !== undefined) return { at: 'mode', got: o['mode'], wanted: 'a `path`: only a socket file has one' };
  const { host } = o;
  if (host === undefined) return { port };
  const address = host === 'localhost' ? '127.0.0.1' : host;
  if (typeof address !== 'string' || net.isIP(address) === 0) return { at: 'host', got: host, wanted: 'an address such as 127.0.0.1, 0.0.0.0 or ::1' };
  return { port, host: address };
}

function ofPath(o: Record<string, unknown>): ListenAt | Fault {
  const { path, mode, host } = o;
  if (typeof path !== 'string' || path === '' || path.includes('\0')) return { at: 'path', got: path, wanted: 'a path' };
  if (host !== undefined) return { at: 'host', got: host, wanted: 'a `port`: a socket file has no host' };
  if (mode === undefined) return { path };
  const bits = typeof mode === 'string' && /^0?[0-7]{3}$/.test(mode) ? Number.parseInt(mode, 8) : mode;
  if (typeof bits !== 'number' || !Number.isInteger(bits) || bits < 0 || bits > 0o777) return { at: 'mode', got: mode, wanted: 'permissions such as "660"' };
  return { path, mode: bits };
}

function portOf(v: unknown): number | undefined {
  const n = typeof v === 'string' && /^\d{1,5}$/.test(v) ? Number(v) : v;
  return typeof n === 'number' && Number.isInteger(n) && n > 0 && n < 65536 ? n : undefined;
}
