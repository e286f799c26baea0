import type { Kind } from './kinds.js';
import type { HealthCheck } from './spec.js';
import { parseSpan } from '../base/units.js';

/** What is wrong with a value that has parts: the part's path, what it is, what it should be. */
export interface Fault { readonly at: string; readonly got: unknown; readonly wanted: string }

const KINDS = ['http', 'tcp', 'exec'] as const;
const SPANS = { interval: 10_000, timeout: 3000, start_period: 0 } as const;
const WANTED = 'an object with one of `http`, `tcp`, `exec`, and interval, timeout, retries, start_period; or a URL, tcp://host:port or a shell line as text';
/** Where an app is looked for unless another host is named: on its own machine. */
const HOST = '127.0.0.1';

/** `health_check`. A text is a URL, `tcp://host:port`, or a shell line. */
export const health: Kind<HealthCheck> = {
  kind: 'health check', wanted: WANTED,
  schema: { type: ['object', 'string'], properties: { http: { type: ['string', 'object', 'integer'] }, tcp: { type: ['string', 'integer'] }, exec: { type: 'string' }, interval: { type: ['number', 'string'] }, timeout: { type: ['number', 'string'] }, retries: { type: 'integer' }, start_period: { type: ['number', 'string'] } } },
  parse(v) { const read = readHealth(v); return 'at' in read ? undefined : read; },
  explain(v) { const read = readHealth(v); return 'at' in read ? read : undefined; },
};

function readHealth(v: unknown): HealthCheck | Fault {
  const o = typeof v === 'string' ? shortForm(v) : v;
  if (!isObject(o)) return { at: '', got: v, wanted: WANTED };
  for (const key of Object.keys(o)) {
    if (![...KINDS, ...Object.keys(SPANS), 'retries'].includes(key)) return { at: key, got: o[key], wanted: 'one of http, tcp, exec, interval, timeout, retries, start_period' };
  }
  const given = KINDS.filter((k) => o[k] !== undefined && o[k] !== null);
  const [kind] = given;
  if (kind === undefined || given.length > 1) return { at: '', got: given.length === 0 ? v : given.map((k) => `\`${k}\``).join(' and '), wanted: 'exactly one of `http`, `tcp`, `exec`' };
  const target = kind === 'http' ? httpOf(o['http']) : kind === 'tcp' ? tcpOf(o['tcp']) : execOf(o['exec']);
  if (typeof target !== 'string') return target;
  const spans: Record<string, number> = {};
  for (const [key, def] of Object.entries(SPANS)) {
    const given = o[key];
    const ms = given === undefined ? def : typeof given === 'string' || typeof given === 'number' ? parseSpan(given) : undefined;
    if (ms === undefined || (ms === 0 && key !== 'start_period')) return { at: key, got: given, wanted: 'milliseconds, or a time such as 500ms, 10s, 5m' };
    spans[key] = ms;
  }
  const retries = o['retries'] ?? 3;
  const n = typeof retries === 'string' && /^\d+$/.test(retries) ? Number(retries) : retries;
  if (typeof n !== 'number' || !Number.isSafeInteger(n) || n < 1) return { at: 'retries', got: retries, wanted: 'a whole number of 1 or more' };
  return { [kind]: target, interval: spans['interval'] ?? 0, timeout: spans['timeout'] ?? 0, retries: n, start_period: spans['start_period'] ?? 0 };
}

const isObject = (v: unknown): v is Readonly<Record<string, unknown>> => typeof v === 'object' && v !== null && !Array.isArray(v);

function shortForm(text: string): Readonly<Record<string, unknown>> | undefined {
  if (/^https?:\/\//i.test(text)) return { http: text };
  if (/^tcp:(\/\/)?/i.test(text)) return { tcp: text.replace(/^tcp:(\/\/)?/i, '') };
  return text.trim() === '' ? undefined : { exec: text };
}

function httpOf(v: unknown): string | Fault {
  const wanted = 'a URL such as http://127.0.0.1:3000/health, a port, or an object with `port` and `path`';
  const o = typeof v === 'number' || (typeof v === 'string' && /^\d+$/.test(v)) ? { port: v } : v;
  if (isObject(o)) {
    const extra = Object.keys(o).find((k) => !['port', 'path', 'host', 'protocol'].includes(k));
    if (extra !== undefined) return { at: `http.${extra}`, got: o[extra], wanted: 'one of port, path, host, protocol' };
    const port = portOf(o['port']);
    if (port === undefined) return { at: 'http.port', got: o['port'], wanted: 'a port: 1 to 65535' };
    const { path = '/', protocol = 'http', host = HOST } = o;
    if (typeof path !== 'string') return { at: 'http.path', got: path, wanted: 'a path such as /health' };
    if (typeof host !== 'string') return { at: 'http.host', got: host, wanted: 'a host' };
    if (protocol !== 'http' && protocol !== 'https') return { at: 'http.protocol', got: protocol, wanted: 'http or https' };
    return urlOf(`${protocol}://${host}:${port}${path.startsWith('/') ? '' : '/'}${path}`) ?? { at: 'http', got: v, wanted };
  }
  const text = typeof v === 'string' ? (/^:?\d+(\/|$)/.test(v) ? `http://${HOST}:${v.replace(/^:/, '')}` : v) : undefined;
  return (text === undefined ? undefined : urlOf(text)) ?? { at: 'http', got: v, wanted };
}

function urlOf(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url && ['http:', 'https:'].includes(url.protocol) ? url.href : undefined;
}

function tcpOf(v: unknown): string | Fault {
  const [, host = HOST, port] = /^(?:(.+):)?(\d+)$/.exec(String(v)) ?? [];
  return typeof v === 'object' || portOf(port) === undefined ? { at: 'tcp', got: v, wanted: 'a port, or host:port' } : `${host}:${port ?? ''}`;
}

function execOf(v: unknown): string | Fault {
  return typeof v === 'string' && v.trim() !== '' && !v.includes('\0') ? v : { at: 'exec', got: v, wanted: 'a shell line' };
}

function portOf(v: unknown): number | undefined {
  const n = typeof v === 'string' && /^\d+$/.test(v) ? Number(v) : v;
  return typeof n === 'number' && Number.isSafeInteger(n) && n >= 1 && n <= 65535 ? n : undefined;
}
