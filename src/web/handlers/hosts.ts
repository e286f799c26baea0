import type { HostInfo, ResourceDetail } from '../api-types-host.js';
import { isMgrError } from '../../base/errors.js';
import { maskDeep } from '../../config/secrets-mask.js';
import type { ErrorRecord, ProcessView } from '../../protocol/views.js';
import { fromRecord, toRecord } from '../../protocol/wire.js';
import { PATIENCE, askHost } from '../ask-host.js';
import type { Some, Web } from '../context.js';
import { frameDocument } from '../frames/frames.js';
import { HttpError } from '../http-error.js';

type Names = 'hosts' | 'resource' | 'putResource' | 'removeResource' | 'putResourceFile' | 'unquarantine' | 'frame';
/** As the host checks it itself; here so that nothing else leaves us. */
const ID = /^[a-z0-9][a-z0-9-_/]*$/i;

export function hostHandlers(web: Web): Some<Names> {
  const put = (host: string, action: string, id: string, more: object): Promise<ResourceDetail | null> => {
    if (!ID.test(id) || id.includes('..') || id.includes('//') || id.endsWith('/')) throw new HttpError(400, 'BAD_OPTION', `resource: got ${JSON.stringify(id.slice(0, 100))}, wanted small letters, digits, - _ and / between them`);
    return askHost(web, host, action, { id, ...more }) as Promise<ResourceDetail | null>;
  };
  return {
    hosts: async () => {
      // Whoever answers `host:info` is a host; nobody else has that action.
      const [found] = await web.link.call('process.trigger', { targets: ['all'], action: 'host:info', deadline: PATIENCE }, { deadline: PATIENCE + 5000 });
      if (!found || !found.ok) {
        if (found && !found.ok && found.error.code !== 'NO_ACTION' && found.error.code !== 'NOTHING_MANAGED') throw fromRecord(found.error);
        return [];
      }
      const rows = (await web.link.call('process.list', {})).processes;
      return Promise.all([...new Set(found.value.map((r) => r.name))].map((name) => {
        const mine = found.value.filter((r) => r.name === name);
        return hostOf(web, name, rows.filter((p) => mine.some((r) => r.id === p.id)), mine.map((r) => r.data?.return).find((r) => r !== undefined), mine.find((r) => r.error)?.error);
      }));
    },
    resource: async ({ params: { host, resource } }) => masked(found(await put(host, 'host:get', resource, {}), resource)),
    putResource: async ({ params: { host, resource }, body }) => {
      const old = (await put(host, 'host:get', resource, {}))?.config;
      await put(host, 'host:put', resource, { config: old === undefined ? body : unmasked(body, maskDeep(old), old) });
      // Another `id` in it renames.
      const now = typeof body['id'] === 'string' ? body['id'] : resource;
      return masked(found(await put(host, 'host:get', now, {}), now));
    },
    removeResource: async ({ params: { host, resource } }) => { await put(host, 'host:remove', resource, {}); return undefined; },
    putResourceFile: async ({ params: { host, resource, file }, body: { text } }) => {
      if (!/^[\w.-]+$/.test(file) || file.startsWith('.')) throw new HttpError(400, 'BAD_OPTION', `file: got ${JSON.stringify(file.slice(0, 100))}, wanted the name of an event script`);
      await put(host, 'host:putFile', resource, { file, text });
      return masked(found(await put(host, 'host:get', resource, {}), resource));
    },
    frame: async ({ params: { host, resource }, query }, { access }) => {
      const { type } = found(await put(host, 'host:get', resource, {}), resource);
      const of = { host, resource, type, page: query.page ?? 'index', access: access === 'admin' ? access : 'read' } as const;
      await frameDocument(web, of);
      return { url: `/frame/${web.tickets.issue(of).token}/` };
    },
    unquarantine: async ({ params: { host, file } }) => { await askHost(web, host, 'host:unquarantine', { file }); return undefined; },
  };
}

async function hostOf(web: Web, name: string, processes: readonly ProcessView[], info: unknown, error: ErrorRecord | undefined): Promise<HostInfo> {
  const base = { name, processes: processes.map(({ id, status }) => ({ id, status })) };
  const { dir, url, env } = bag(info);
  const facts = { ...(typeof dir === 'string' && { dir }), ...(typeof url === 'string' && { url }), ...((env === 'development' || env === 'production') && { env }) } as Pick<HostInfo, 'dir' | 'url' | 'env'>;
  if (error && info === undefined) return { ...base, types: [], resources: [], modules: [], error };
  try {
    const [types, resources, modules] = await Promise.all(['host:types', 'host:resources', 'host:modules'].map((action) => askHost(web, name, action, undefined)));
    return { ...base, ...facts, types: list(types), resources: (list(resources) as readonly ResourceDetail[]).map(masked), modules: list(modules) };
  } catch (e) {
    if (!isMgrError(e)) throw e;
    return { ...base, ...facts, types: [], resources: [], modules: [], error: toRecord(e) };
  }
}

function found(r: ResourceDetail | null, id: string): ResourceDetail {
  if (r === null) throw new HttpError(404, 'NOT_FOUND', `no resource ${JSON.stringify(id)}`, 'GET /api/hosts lists them');
  return r;
}

/** What was shown masked and comes back as it was is what it was. */
export function unmasked(given: unknown, shown: unknown, real: unknown): unknown {
  if (JSON.stringify(given) === JSON.stringify(shown)) return real;
  if (!isBag(given) || !isBag(shown) || !isBag(real)) return given;
  return Object.fromEntries(Object.entries(given).map(([k, v]) => [k, unmasked(v, shown[k], real[k])]));
}

// The host masks its own; this is for one that does not.
function masked<R extends { readonly config: Readonly<Record<string, unknown>> }>(r: R): R { return { ...r, config: maskDeep(r.config) as R['config'] }; }
function isBag(v: unknown): v is Readonly<Record<string, unknown>> { return typeof v === 'object' && v !== null && !Array.isArray(v); }
function bag(v: unknown): Readonly<Record<string, unknown>> { return isBag(v) ? v : {}; }
// Whatever stands in it: a host of this version answers what host/views.ts says.
function list(v: unknown): readonly never[] { return Array.isArray(v) ? v as never[] : []; }
