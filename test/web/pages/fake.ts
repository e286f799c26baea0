// The dashboard's server without a daemon: the same routes, checked by the same table, over the world of data.ts.
// What a page asks for is kept in `calls`; `tell` sends an event to every open page.
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { LiveEvent, LiveEvents, LogLine, Operation, ProcessView } from '../../../src/web/api-types.js';
import { ROUTES, type Route, type RouteName } from '../../../src/web/api.js';
import * as data from './data.js';

const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";
const MEDIA: Readonly<Record<string, string>> = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8' };

interface Ask { readonly params: Readonly<Record<string, string>>; readonly query: Readonly<Record<string, string>>; readonly body: Readonly<Record<string, unknown>> }
export interface Asked extends Ask { readonly name: RouteName }
export class No extends Error {
  readonly status: number; readonly code: string; readonly hint: string | undefined; readonly data: Readonly<Record<string, unknown>>;
  constructor(status: number, code: string, message: string, hint?: string, given: Readonly<Record<string, unknown>> = {}) { super(message); this.status = status; this.code = code; this.hint = hint; this.data = given; }
}

export class Fake {
  readonly calls: Asked[] = [];
  access: 'admin' | 'read' | 'none' = 'admin';
  views: ProcessView[] = data.processes();
  lines: LogLine[] = data.logLines(this.views, 180);
  modules = data.modules(this.views);
  resources = data.resources();
  jobs = data.jobs();
  schedules = data.schedules();
  hosts = true;
  /** Answers instead of the usual ones. */
  readonly instead = new Map<RouteName, (ask: Ask) => unknown>();
  readonly #streams = new Set<http.ServerResponse>();
  readonly #server: http.Server;
  readonly #dir: string;
  #ticks: NodeJS.Timeout | undefined;
  #operations: Operation[] = [];

  constructor(dir: string) {
    this.#dir = dir;
    this.#server = http.createServer((req, res) => { void this.#answer(req, res); });
  }

  async listen(port = 0): Promise<string> {
    await new Promise<void>((done) => { this.#server.listen(port, '127.0.0.1', done); });
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }
  close(): void {
    clearInterval(this.#ticks);
    this.#server.closeAllConnections();
    this.#server.close();
  }
  get watchers(): number { return this.#streams.size; }
  /** As if the server went away and came back. */
  hangUp(): void { for (const s of this.#streams) s.destroy(); }

  tell<E extends LiveEvent>(event: E, what: LiveEvents[E]): void {
    for (const s of this.#streams) s.write(`event: ${event}\ndata: ${JSON.stringify(what)}\n\n`);
  }
  /** Sends all rows; `gone` leave. */
  rows(gone: readonly number[] = []): void { this.tell('processes', { full: false, at: Date.now(), rows: this.views, gone }); }
  /** Numbers move each second. */
  live(ms = 1000): void {
    let i = 0;
    this.#ticks = setInterval(() => {
      i++;
      this.views = this.views.map((v) => (v.pid === 0 ? v : { ...v, cpu: Math.max(0, v.cpu + Math.sin(i / 2 + v.id) * 1.7), memory: Math.round(v.memory * (1 + Math.sin(i / 5 + v.id) / 300)) }));
      this.rows();
      this.tell('machine', data.machineNow(i));
      this.tell('metrics', { at: Date.now(), processes: this.views.filter((v) => v.pid > 0).map((v) => ({ id: v.id, metrics: data.info(v).metrics })) });
      this.tell('log', { lines: data.logLines(this.views, 3) });
    }, ms);
  }
  change(id: number, o: Partial<ProcessView>): void { this.views = this.views.map((v) => (v.id === id ? { ...v, ...o } : v)); this.rows(); }

  async #answer(req: http.IncomingMessage, res: http.ServerResponse): Promise<void> {
    const url = new URL(req.url ?? '/', 'http://x');
    res.setHeader('Content-Security-Policy', CSP);
    if (url.searchParams.has('token')) { const good = url.searchParams.get('token') === 'good'; if (good) this.access = 'admin'; res.writeHead(303, { location: good ? '/' : '/#/wrong-token' }).end(); return; }
    const found = route(req.method ?? 'GET', url.pathname);
    if (found === undefined) { this.#file(url.pathname, res); return; }
    if (this.access === 'none') { fail(res, new No(401, 'UNAUTHORIZED', 'no token', 'mgr web prints a link with one')); return; }
    if (found.name === 'events') { this.#stream(res); return; }
    try {
      const chunks: Buffer[] = [];
      for await (const c of req) chunks.push(c as Buffer);
      const text = Buffer.concat(chunks).toString();
      const { query = {}, body } = ROUTES[found.name] as Route;
      const asked = Object.fromEntries(url.searchParams);
      for (const [k, v] of Object.entries(asked)) { const shape = query[k]; if (shape === undefined) throw new No(400, 'BAD_OPTION', `${k}: no such query`); shape.read(v, k); }
      const given: unknown = text === '' ? undefined : JSON.parse(text);
      if (body !== undefined && !(body.optional === true && given === undefined)) body.read(given, '');
      if ((ROUTES[found.name] as Route).access === 'admin' && this.access !== 'admin') throw new No(403, 'READ_ONLY', 'this token may look, not touch');
      const ask = { params: found.params, query: asked, body: (given ?? {}) as Record<string, unknown> };
      this.calls.push({ name: found.name, ...ask });
      const answer = await (this.instead.get(found.name) ?? ((a: Ask) => this.#usual(found.name, a)))(ask);
      if (answer === undefined) res.writeHead(204).end(); else res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    } catch (e) { fail(res, e); }
  }

  #file(pathname: string, res: http.ServerResponse): void {
    const file = path.join(this.#dir, pathname === '/' ? 'index.html' : path.basename(pathname));
    if (!fs.existsSync(file)) { res.writeHead(404).end(); return; }
    res.writeHead(200, { 'content-type': MEDIA[path.extname(file)] ?? 'application/octet-stream' }).end(fs.readFileSync(file));
  }

  #stream(res: http.ServerResponse): void {
    res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    res.write('retry: 300\n\n');
    this.#streams.add(res);
    res.on('close', () => { this.#streams.delete(res); });
    res.write(`event: processes\ndata: ${JSON.stringify({ full: true, at: Date.now(), rows: this.views, gone: [] })}\n\nevent: machine\ndata: ${JSON.stringify(data.machineNow(0))}\n\n`);
  }

  #usual(name: RouteName, { params, query, body }: Ask): unknown {
    const target = params['target'] ?? '';
    const hit = this.views.filter((v) => String(v.id) === target || v.name === target);
    const set = (o: Partial<ProcessView>) => { for (const v of hit) this.change(v.id, o); return { processes: this.views.filter((v) => hit.some((h) => h.id === v.id)) }; };
    const module = this.modules.find((m) => m.name === params['module']);
    const job = this.jobs.find((j) => j.id === params['id']);
    const schedule = this.schedules.find((s) => s.name === params['name']);
    switch (name) {
      case 'session': return { access: this.access, version: '0.1.0', daemon: 'up', history: { usable: true } };
      case 'processes': return this.views;
      case 'process': if (hit.length === 0) throw new No(404, 'NOT_FOUND', `no process matches \`${target}\``); return hit.map(data.info);
      case 'stop': return set({ status: 'stopped', pid: 0, cpu: 0, memory: 0 });
      case 'startAgain': case 'restart': case 'reload': return set({ status: 'online', pid: 7000 + Number(hit[0]?.id), startedAt: Date.now(), restarts: (hit[0]?.restarts ?? 0) + 1 });
      case 'reset': return set({ restarts: 0 });
      case 'flush': case 'send': case 'signal': return { processes: hit };
      case 'remove': this.views = this.views.filter((v) => !hit.includes(v)); this.rows(hit.map((v) => v.id)); return { processes: hit };
      case 'start': { const v = data.view(40 + this.calls.length, word(body['name'], 'app')); this.views = [...this.views, v]; this.rows(); return { processes: [v] }; }
      case 'scale': {
        const add = Array.from({ length: Math.max(0, Number(body['to']) - hit.length) }, (_, i) => data.view(60 + i, target));
        const gone = hit.slice(Number(body['to']));
        this.views = [...this.views.filter((v) => !gone.includes(v)), ...add];
        this.rows(gone.map((v) => v.id));
        return { processes: this.views.filter((v) => v.name === target) };
      }
      case 'trigger': return hit.map((v) => ({ id: v.id, name: v.name, namespace: v.namespace, at: Date.now(), data: { action_name: body['action'], return: { success: true, given: body['params'] ?? null } } }));
      case 'processHistory': return (target === 'all' ? this.views.filter((v) => v.pid > 0) : hit).map((v) => ({ ...data.past(Number(query['from']), data.processPast(v)), id: v.id, name: v.name }));
      case 'machineHistory': return data.past(Number(query['from']), data.MACHINE_PAST);
      case 'logs': return { lines: this.lines.filter((l) => (query['target'] === undefined || String(l.id) === query['target'] || l.name === query['target']) && (query['grep'] === undefined || l.text.toLowerCase().includes(query['grep'])) && (query['stream'] === undefined || l.stream === query['stream'])), more: false };
      case 'modules': return this.modules;
      case 'install': case 'update': case 'rollback': case 'uninstall': return this.#operate(name, word(body['spec'], params['module']));
      case 'operations': return this.#operations;
      case 'settings': return data.form(module?.name ?? '');
      case 'saveSettings': { const values = body['values'] as Record<string, unknown>; return { keys: Object.keys(values).map((key) => ({ key, saved: true, applied: key === 'retain' ? 'live' : 'restarted' })), warnings: [], form: data.form(module?.name ?? '') }; }
      case 'hosts': return this.hosts ? [data.host(this.resources)] : [];
      case 'resource': return this.resources.find((r) => r.id === params['resource']);
      case 'putResource': {
        const id = word(body['id'], params['resource']);
        const before = this.resources.find((r) => r.id === params['resource']);
        const made = { id, path: `/${id}`, type: word(body['type'], before?.type), state: 'online' as const, config: { ...before?.config, ...body }, files: before?.files ?? [], faults: {}, scripts: before?.scripts ?? {} };
        this.resources = [...this.resources.filter((r) => r.id !== params['resource']), made];
        return made;
      }
      case 'putResourceFile': {
        if (String(body['text']).includes('((')) throw new No(400, 'BAD_OPTION', `${params['file'] ?? ''}:1: Unexpected token`, 'nothing was written');
        this.resources = this.resources.map((r) => (r.id === params['resource'] ? { ...r, files: [...new Set([...r.files, params['file'] ?? ''])], scripts: { ...r.scripts, [params['file'] ?? '']: String(body['text']) } } : r));
        return this.resources.find((r) => r.id === params['resource']);
      }
      case 'removeResource': this.resources = this.resources.filter((r) => r.id !== params['resource']); return undefined;
      case 'unquarantine': return undefined;
      case 'jobs': { const counts: Record<string, number> = {}; for (const j of this.jobs) counts[j.state] = (counts[j.state] ?? 0) + 1; return { jobs: this.jobs.filter((j) => query['state'] === undefined || query['state'].split(',').includes(j.state)), counts, paused: [] }; }
      case 'job': return job;
      case 'retryJob': case 'runJob': case 'cancelJob': this.jobs = this.jobs.map((j) => (j.id === job?.id ? { ...j, state: name === 'cancelJob' ? 'cancelled' : 'queued' } : j)); return job;
      case 'schedules': return this.schedules;
      case 'pauseSchedule': case 'resumeSchedule': this.schedules = this.schedules.map((s) => (s.name === schedule?.name ? { ...s, paused: name === 'pauseSchedule' } : s)); return schedule;
      case 'runSchedule': return this.jobs[0];
      case 'store': return data.store();
      case 'machine': return data.machine();
      case 'daemon': return data.daemon();
      default: throw new No(404, 'NOT_FOUND', `the fake has no ${name}`);
    }
  }

  #operate(kind: Operation['kind'], target: string): Operation {
    const op: Operation = { id: `op${this.calls.length}`, kind, target, state: 'running', startedAt: Date.now(), lines: [{ at: Date.now(), kind: 'progress', text: `fetching ${target}` }] };
    this.#operations = [op, ...this.#operations];
    return op;
  }
  /** The latest operation goes on, or ends. */
  operation(o: Partial<Operation>): void {
    const [op, ...rest] = this.#operations;
    if (op === undefined) return;
    const next = { ...op, ...o };
    this.#operations = [next, ...rest];
    this.tell('operation', next);
  }
}

function fail(res: http.ServerResponse, e: unknown): void {
  const no = e instanceof No ? e : e instanceof Error && 'code' in e ? Object.assign(new No(400, String(e.code), e.message), { data: 'data' in e ? e.data : {} }) : new No(500, 'INTERNAL', String(e));
  res.writeHead(no.status, { 'content-type': 'application/json' }).end(JSON.stringify({ error: { code: no.code, message: no.message, data: no.data, ...(no.hint !== undefined && { hint: no.hint }) } }));
}

function word(value: unknown, otherwise = ''): string { return typeof value === 'string' ? value : otherwise; }

function route(method: string, pathname: string): { name: RouteName; params: Record<string, string> } | undefined {
  const fits = (Object.entries(ROUTES) as [RouteName, Route][]).flatMap(([name, r]) => {
    if (r.method !== method) return [];
    const m = new RegExp(`^${r.path.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`).exec(pathname);
    return m === null ? [] : [{ name, fixed: r.path.split('{').length, params: Object.fromEntries(Object.entries(m.groups ?? {}).map(([k, v]) => [k, decodeURIComponent(v)])) }];
  });
  return fits.sort((a, b) => a.fixed - b.fixed)[0];
}
