/**
 * The HTTP API on one screen: every route with who may call it, what it takes and what it answers. From this table come
 * the types of the handlers, the checks at the door and the OpenAPI document. Nothing of Node's: the pages may import it.
 */
import type { Records } from './api-types.js';
import { type ObjectOf, type Shape, anything, flag, maybe, number, object, oneOf, record, text } from './shape.js';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
/** `open`: no token is asked for; `scrape`: a token unless the server was started with --metrics-open. */
export type Access = 'open' | 'scrape' | 'read' | 'admin';
export type AnswerName = keyof Records;
type Fields = Readonly<Record<string, Shape<unknown>>>;

export interface Answer<T> {
  readonly status: number;
  /** Of the records; undefined: see `media`. */
  readonly name?: AnswerName;
  readonly list?: true;
  readonly media: string;
  /** Never there: it carries the type. */
  readonly type?: T;
}
export interface Route {
  readonly method: Method;
  readonly path: string;
  readonly access: Access;
  readonly about: string;
  readonly tag: string;
  readonly query?: Fields;
  readonly body?: Shape<unknown>;
  readonly answer: Answer<unknown>;
}

const one = <N extends AnswerName>(name: N, status = 200): Answer<Records[N]> => ({ status, name, media: 'application/json' });
const many = <N extends AnswerName>(name: N): Answer<readonly Records[N][]> => ({ status: 200, name, list: true, media: 'application/json' });
const plain = (media: string): Answer<string> => ({ status: 200, media });
const nothing: Answer<undefined> = { status: 204, media: '' };
/** The handler writes itself. */
const stream = (media: string): Answer<void> => ({ status: 200, media });

const moment = (what: string) => maybe(text(`${what}: ms since 1970, an ISO date, or a span back from now such as 15m, 2h, 1d`, { max: 40 }));
const past = {
  from: moment('begin, default an hour ago'), to: moment('end, default now'), series: maybe(text('names separated by commas, default all', { max: 2000 })),
  points: maybe(number('at most so many, each the mean of its neighbours; default 1500', { min: 10, max: 10_000, whole: true })),
};
const none = maybe(object({}, 'nothing'));

export const ROUTES = {
  session: { method: 'GET', path: '/api/session', access: 'read', tag: 'server', about: 'Who asks: admin or read-only', answer: one('SessionView') },
  health: { method: 'GET', path: '/healthz', access: 'open', tag: 'server', about: '200 while the daemon answers, 503 while it is gone', answer: plain('text/plain') },
  metrics: { method: 'GET', path: '/metrics', access: 'scrape', tag: 'server', about: 'For Prometheus', answer: plain('text/plain') },
  openapi: { method: 'GET', path: '/api/openapi.json', access: 'read', tag: 'server', about: 'This document', answer: plain('application/json') },
  events: {
    method: 'GET', path: '/api/events', access: 'read', tag: 'server', about: 'Server-sent events: processes, machine, metrics, log, operation, module, jobs, daemon',
    query: {
      topics: maybe(text('which of them, separated by commas; default all', { max: 200 })), logs: maybe(text('targets whose log lines are sent, separated by commas; `all`: every app', { max: 2000 })),
      metrics: maybe(text('targets whose custom metrics are sent each second', { max: 2000 })),
    },
    answer: stream('text/event-stream'),
  },

  processes: { method: 'GET', path: '/api/processes', access: 'read', tag: 'processes', about: 'All processes, those of modules too', answer: many('ProcessView') },
  start: { method: 'POST', path: '/api/processes', access: 'admin', tag: 'processes', about: 'Starts an app: an entry of a config file', body: record('an app as in `apps` of a config file; `script` or `cwd` absolute'), answer: one('Done') },
  process: { method: 'GET', path: '/api/processes/{target}', access: 'read', tag: 'processes', about: 'Everything about each process of a name or an id', answer: many('ProcessInfo') },
  stop: { method: 'POST', path: '/api/processes/{target}/stop', access: 'admin', tag: 'processes', about: 'Stops', body: none, answer: one('Done') },
  startAgain: { method: 'POST', path: '/api/processes/{target}/start', access: 'admin', tag: 'processes', about: 'Starts what is stopped; what runs is restarted', body: none, answer: one('Done') },
  restart: { method: 'POST', path: '/api/processes/{target}/restart', access: 'admin', tag: 'processes', about: 'Restarts', body: none, answer: one('Done') },
  reload: {
    method: 'POST', path: '/api/processes/{target}/reload', access: 'admin', tag: 'processes', about: 'Replaces without a gap where that is possible',
    body: maybe(object({ parallel: maybe(number('processes at once', { min: 1, max: 1000, whole: true })), force: maybe(flag('give up a reload under way')) })), answer: one('Done'),
  },
  remove: { method: 'POST', path: '/api/processes/{target}/delete', access: 'admin', tag: 'processes', about: 'Stops and forgets', body: none, answer: one('Done') },
  reset: { method: 'POST', path: '/api/processes/{target}/reset', access: 'admin', tag: 'processes', about: 'Sets the restart counter to 0', body: none, answer: one('Done') },
  scale: {
    method: 'POST', path: '/api/processes/{target}/scale', access: 'admin', tag: 'processes', about: 'As many processes as `to`, or `by` more',
    body: object({ to: maybe(number('processes', { min: 0, max: 1000, whole: true })), by: maybe(number('more, or less below 0', { min: -1000, max: 1000, whole: true })) }), answer: one('Done'),
  },
  signal: { method: 'POST', path: '/api/processes/{target}/signal', access: 'admin', tag: 'processes', about: 'Sends a signal', body: object({ signal: text('its name, e.g. SIGUSR2', { max: 20, pattern: /^[A-Za-z0-9+]+$/ }) }), answer: one('Done') },
  send: {
    method: 'POST', path: '/api/processes/{target}/send', access: 'admin', tag: 'processes', about: 'A line to the standard input, or a message to process.on(\'message\')',
    body: object({ line: maybe(text('a line; its newline is added')), message: maybe(anything('any JSON')) }), answer: one('Done'),
  },
  trigger: {
    method: 'POST', path: '/api/processes/{target}/trigger', access: 'admin', tag: 'processes', about: 'Runs a remote action and waits for the answers',
    body: object({ action: text('its name', { max: 200 }), params: maybe(anything('what it is given')), deadline: maybe(number('ms, default 10000', { min: 1, max: 600_000 })) }), answer: many('ActionReply'),
  },
  flush: { method: 'POST', path: '/api/processes/{target}/flush', access: 'admin', tag: 'processes', about: 'Empties its log files', body: none, answer: one('Done') },
  processHistory: { method: 'GET', path: '/api/processes/{target}/history', access: 'read', tag: 'processes', about: 'Its past: 10 s for a day, 5 min for a month', query: past, answer: many('ProcessHistory') },

  logs: {
    method: 'GET', path: '/api/logs', access: 'read', tag: 'logs', about: 'Lines of log files, rotated ones too, by time',
    query: {
      target: maybe(text('targets separated by commas; default all, with modules', { max: 2000 })), lines: maybe(number('at most so many, the latest; default 200', { min: 1, max: 5000, whole: true })),
      since: moment('not before'), until: moment('not after'), grep: maybe(text('only lines with this text in them; small letters match capitals', { max: 1000 })),
      stream: maybe(oneOf(['out', 'err'], 'default both')),
    },
    answer: one('LogPage'),
  },

  modules: { method: 'GET', path: '/api/modules', access: 'read', tag: 'modules', about: 'Installed modules with their processes', answer: many('ModuleInfo') },
  module: { method: 'GET', path: '/api/modules/{module}', access: 'read', tag: 'modules', about: 'One of them', answer: one('ModuleInfo') },
  install: {
    method: 'POST', path: '/api/modules', access: 'admin', tag: 'modules', about: 'Installs; goes on after the answer, see the event `operation`',
    body: object({ spec: text('what `mgr install` takes: a name, name@version, a git or tarball address, a folder', { max: 1000 }), scripts: maybe(flag('let install scripts of its packages run')) }), answer: one('Operation', 202),
  },
  update: { method: 'POST', path: '/api/modules/{module}/update', access: 'admin', tag: 'modules', about: 'Updates to the latest version of where it came from', body: maybe(object({ spec: maybe(text('or to this', { max: 1000 })) })), answer: one('Operation', 202) },
  rollback: { method: 'POST', path: '/api/modules/{module}/rollback', access: 'admin', tag: 'modules', about: 'Back to the former version; settings stay', body: none, answer: one('Operation', 202) },
  uninstall: { method: 'DELETE', path: '/api/modules/{module}', access: 'admin', tag: 'modules', about: 'Stops and removes', answer: one('Operation', 202) },
  logo: { method: 'GET', path: '/api/modules/{module}/logo', access: 'read', tag: 'modules', about: 'The picture in its package that the widget names', answer: stream('image/*') },
  settings: { method: 'GET', path: '/api/modules/{module}/settings', access: 'read', tag: 'modules', about: 'Its settings, what is in force and where it comes from', answer: one('FormView') },
  saveSettings: {
    method: 'PUT', path: '/api/modules/{module}/settings', access: 'admin', tag: 'modules', about: 'Saves all or none; refused: a Failure and nothing is saved',
    body: object({ values: record('key below the module (`tls:port`) -> value; null: no longer set') }), answer: one('SettingsSaved'),
  },
  operations: { method: 'GET', path: '/api/operations', access: 'read', tag: 'modules', about: 'Installs, updates, rollbacks, removals since the server started', answer: many('Operation') },
  operation: { method: 'GET', path: '/api/operations/{operation}', access: 'read', tag: 'modules', about: 'One of them', answer: one('Operation') },

  hosts: { method: 'GET', path: '/api/hosts', access: 'read', tag: 'hosts', about: 'Running module hosts with their types, resources and drop-ins', answer: many('HostInfo') },
  resource: { method: 'GET', path: '/api/hosts/{host}/resources/{resource}', access: 'read', tag: 'hosts', about: 'An instance with the text of its scripts', answer: one('ResourceDetail') },
  putResource: { method: 'PUT', path: '/api/hosts/{host}/resources/{resource}', access: 'admin', tag: 'hosts', about: 'Makes an instance, or changes it', body: record('its config.json, with `type`'), answer: one('ResourceDetail') },
  removeResource: { method: 'DELETE', path: '/api/hosts/{host}/resources/{resource}', access: 'admin', tag: 'hosts', about: 'Removes an instance and its folder', answer: nothing },
  putResourceFile: { method: 'PUT', path: '/api/hosts/{host}/resources/{resource}/files/{file}', access: 'admin', tag: 'hosts', about: 'Writes an event script', body: object({ text: text('the whole file') }), answer: one('ResourceDetail') },
  frame: {
    method: 'GET', path: '/api/hosts/{host}/resources/{resource}/frame', access: 'read', tag: 'hosts', about: 'A page of its type\'s own for a frame: the address holds a ticket for this instance alone',
    query: { page: maybe(text('its name; default index', { max: 60 })) }, answer: one('FrameView'),
  },
  unquarantine: { method: 'POST', path: '/api/hosts/{host}/modules/{file}/unquarantine', access: 'admin', tag: 'hosts', about: 'Lets a drop-in load again', body: none, answer: nothing },

  jobs: {
    method: 'GET', path: '/api/jobs', access: 'read', tag: 'jobs', about: 'Jobs, the latest first',
    query: { state: maybe(text('only these states, separated by commas', { max: 100 })), name: maybe(text('only this name', { max: 200 })), limit: maybe(number('default 100', { min: 1, max: 1000, whole: true })) }, answer: one('JobPage'),
  },
  job: { method: 'GET', path: '/api/jobs/{id}', access: 'read', tag: 'jobs', about: 'One of them with its attempts', answer: one('JobDetail') },
  retryJob: { method: 'POST', path: '/api/jobs/{id}/retry', access: 'admin', tag: 'jobs', about: 'Revives a failed, lost or cancelled one', body: none, answer: one('JobView') },
  cancelJob: { method: 'POST', path: '/api/jobs/{id}/cancel', access: 'admin', tag: 'jobs', about: 'Cancels', body: none, answer: one('JobView') },
  runJob: { method: 'POST', path: '/api/jobs/{id}/run', access: 'admin', tag: 'jobs', about: 'Runs a waiting one now', body: none, answer: one('JobView') },
  schedules: { method: 'GET', path: '/api/jobs/schedules', access: 'read', tag: 'jobs', about: 'Schedules', answer: many('ScheduleView') },
  pauseSchedule: { method: 'POST', path: '/api/jobs/schedules/{name}/pause', access: 'admin', tag: 'jobs', about: 'No further runs until it is resumed', body: none, answer: one('ScheduleView') },
  resumeSchedule: { method: 'POST', path: '/api/jobs/schedules/{name}/resume', access: 'admin', tag: 'jobs', about: 'Runs again at its times', body: none, answer: one('ScheduleView') },
  runSchedule: { method: 'POST', path: '/api/jobs/schedules/{name}/run', access: 'admin', tag: 'jobs', about: 'One run now', body: none, answer: one('JobView') },

  store: { method: 'GET', path: '/api/store', access: 'read', tag: 'machine', about: 'The database: namespaces and their records', answer: one('StoreView') },
  machine: { method: 'GET', path: '/api/machine', access: 'read', tag: 'machine', about: 'Processor, memory, disk, network', answer: one('MachineView') },
  machineHistory: { method: 'GET', path: '/api/machine/history', access: 'read', tag: 'machine', about: 'Their past', query: past, answer: one('HistoryView') },
  daemon: { method: 'GET', path: '/api/daemon', access: 'read', tag: 'machine', about: 'The daemon and this server', answer: one('DaemonInfo') },
} as const satisfies Readonly<Record<string, Route>>;

export type RouteName = keyof typeof ROUTES;
type Of<N extends RouteName> = (typeof ROUTES)[N];

/** `/api/processes/{target}/history` -> { target: string } */
export type PathParams<P extends string> = P extends `${string}{${infer Name}}${infer Rest}` ? { readonly [K in Name]: string } & PathParams<Rest> : unknown;
export type QueryOf<N extends RouteName> = Of<N> extends { query: infer F extends Fields } ? ObjectOf<F> : Readonly<Record<string, never>>;
export type BodyOf<N extends RouteName> = Of<N> extends { body: infer S } ? (S extends Shape<infer T> ? T | (S extends { optional: true } ? undefined : never) : never) : undefined;
export type AnswerOf<N extends RouteName> = Of<N>['answer'] extends Answer<infer T> ? T : never;

/** What a handler is given. */
export interface Call<N extends RouteName> {
  readonly params: PathParams<Of<N>['path']>;
  readonly query: QueryOf<N>;
  readonly body: BodyOf<N>;
}
