/** JSON Schemas of the answers. Each names every member of its record, no more: the compiler compares them. */
import type { AnswerName } from './api.js';
import type { Records } from './api-types.js';
import type { JsonSchema } from './shape.js';

type Optional<T> = { [K in keyof T]-?: Partial<Pick<T, K>> extends Pick<T, K> ? K : never }[keyof T];
type Members<T> = { readonly [K in Exclude<keyof T, Optional<T>>]: JsonSchema } & { readonly [K in Optional<T>]-?: readonly [JsonSchema] };

/** A member in brackets may be absent. */
function rec<T>(members: Members<T>): JsonSchema {
  const all = Object.entries<JsonSchema | readonly [JsonSchema]>(members);
  const properties = Object.fromEntries(all.map(([k, v]) => [k, Array.isArray(v) ? (v as readonly JsonSchema[])[0] : v]));
  const required = all.filter(([, v]) => !Array.isArray(v)).map(([k]) => k);
  return { type: 'object', properties, ...(required.length > 0 && { required }) };
}

const str: JsonSchema = { type: 'string' };
const num: JsonSchema = { type: 'number' };
const int: JsonSchema = { type: 'integer' };
const bool: JsonSchema = { type: 'boolean' };
const any: JsonSchema = {};
const bag: JsonSchema = { type: 'object', additionalProperties: true };
const ms: JsonSchema = { type: 'number', description: 'ms since 1970' };
const list = (items: JsonSchema): JsonSchema => ({ type: 'array', items });
const words = (...enums: string[]): JsonSchema => ({ type: 'string', enum: enums });
const ref = (name: AnswerName): JsonSchema => ({ $ref: `#/components/schemas/${name}` });

const metric = rec<Records['ProcessInfo']['metrics'][number]>({ name: str, value: any, unit: [str], historic: bool });
const action = rec<Records['ProcessInfo']['actions'][number]>({ name: str, comment: [str], params: [str], scoped: bool });
const widget = rec<NonNullable<Records['ProcessInfo']['widget']>>({ type: [str], theme: list(str), logo: [str], pid: [int] });
const job: Members<Records['JobView']> = {
  id: str, name: str, state: words('queued', 'running', 'done', 'failed', 'lost', 'cancelled'), attempt: int, retries: [int], key: [str], payload: [any], result: [any], error: [str], priority: num, worker: [str],
  fence: [int], leaseUntil: [ms], cancelling: bool, runAt: ms, addedAt: ms, startedAt: [ms], endedAt: [ms], slot: [ms],
};
const view: Members<Records['ProcessView']> = {
  id: int, name: str, namespace: str, version: [str], mode: words('fork', 'cluster'), pid: int,
  status: words('online', 'stopping', 'stopped', 'launching', 'errored', 'waiting restart', 'one-launch-status'), restarts: int, unstable: int, startedAt: [ms], cpu: { type: 'number', description: 'percent of one core' },
  memory: { type: 'integer', description: 'bytes' }, user: str, watching: bool, module: [str], note: [str],
};
const module: Members<Records['ModuleInfo']> = {
  name: str, version: str, source: str, integrity: [str], linked: bool, dir: str, resolved: [str], by: [str], at: [ms], scripts: [bool], permissions: [str], former: [str],
  processes: list(ref('ProcessView')), actions: list(action), metrics: list(metric), widget: [widget], description: [str],
};
const past: Members<Records['HistoryView']> = { step: { type: 'number', description: 'ms between two points' }, from: ms, to: ms, at: list(ms), series: list({ type: 'object', properties: { name: str, unit: str, values: list({ type: ['number', 'null'] }) }, required: ['name', 'values'] }) };
const resource: JsonSchema = { type: 'object', properties: { id: str, path: str, type: str, state: str, reason: str, config: bag, files: list(str), faults: bag, scripts: bag } };

export const SCHEMAS: { readonly [N in AnswerName]: JsonSchema } = {
  SessionView: rec<Records['SessionView']>({ access: words('admin', 'read'), version: str, daemon: words('up', 'gone'), history: { type: 'object', properties: { usable: bool, reason: str } } }),
  ProcessView: rec<Records['ProcessView']>(view),
  ProcessInfo: rec<Records['ProcessInfo']>({
    ...view, reason: str, exits: list({ type: 'object', properties: { at: ms, pid: int, ran: num, code: int, signal: str, why: str, then: str } }), stderrTail: list(str),
    env: list({ type: 'object', properties: { name: str, from: str, value: str, secret: str, masked: bool, shadows: list(bag) } }), actions: list(action), metrics: list(metric), spec: bag, instance: int, uniqueId: str, createdAt: ms,
    outPath: [str], errPath: [str], logPath: [str], pidPath: str, nextRestart: [ms], nodeVersion: [str], widget: [widget],
  }),
  ProcessHistory: rec<Records['ProcessHistory']>({ id: int, name: str, ...past }),
  Done: rec<Records['Done']>({ processes: list(ref('ProcessView')), said: [str] }),
  ActionReply: rec<Records['ActionReply']>({ id: int, name: str, namespace: str, at: ms, data: [bag], error: [bag] }),
  LogPage: rec<Records['LogPage']>({ lines: list({ type: 'object', properties: { id: int, name: str, stream: words('out', 'err'), at: ms, text: str } }), more: bool }),
  ModuleInfo: rec<Records['ModuleInfo']>(module),
  Operation: rec<Records['Operation']>({
    id: str, kind: words('install', 'update', 'rollback', 'uninstall'), target: str, state: words('running', 'done', 'failed'), startedAt: ms, endedAt: [ms],
    lines: list({ type: 'object', properties: { at: ms, kind: words('progress', 'warning'), text: str } }), module: [str], error: [bag],
  }),
  FormView: rec<Records['FormView']>({ module: str, typed: bool, rows: list(bag), schema: bag }),
  SettingsSaved: rec<Records['SettingsSaved']>({ keys: list({ type: 'object', properties: { key: str, saved: bool, applied: words('live', 'restarted', 'stored') } }), warnings: list(str), form: ref('FormView') }),
  HostInfo: rec<Records['HostInfo']>({ name: str, processes: list(bag), dir: [str], url: [str], env: [words('development', 'production')], types: list(bag), resources: list(resource), modules: list(bag), error: [bag] }),
  ResourceDetail: resource,
  FrameView: rec<Records['FrameView']>({ url: str }),
  JobPage: rec<Records['JobPage']>({ jobs: list(ref('JobView')), counts: { type: 'object', additionalProperties: int }, paused: list(str) }),
  JobView: rec<Records['JobView']>(job),
  JobDetail: rec<Records['JobDetail']>({ ...job, attempts: list(bag) }),
  ScheduleView: rec<Records['ScheduleView']>({ name: str, cron: [str], every: [num], tz: [str], catchUp: words('none', 'one', 'all'), paused: bool, lastAt: [ms], nextAt: [ms] }),
  StoreView: rec<Records['StoreView']>({ file: str, bytes: int, namespaces: list({ type: 'object', properties: { name: str, records: int, bytes: int } }), history: int, trouble: [str] }),
  MachineView: rec<Records['MachineView']>({
    hostname: str, os: str, arch: str, cpus: int, cpuModel: str, memoryTotal: int, swapTotal: int, diskTotal: int, diskPath: str, bootedAt: ms,
    now: rec<Records['MachineView']['now']>({ at: ms, cpu: num, load: num, memory: int, swap: int, disk: int, diskRead: [num], diskWrite: [num], netIn: [num], netOut: [num], daemonCpu: [num], daemonMemory: [num] }),
  }),
  HistoryView: rec<Records['HistoryView']>(past),
  DaemonInfo: rec<Records['DaemonInfo']>({
    version: [str], protocol: [int], pid: [int], node: [str], home: [str], startedAt: [ms], notices: [list(str)], state: words('up', 'gone'), cpu: [num], memory: [int], processes: [int],
    web: { type: 'object', properties: { version: str, pid: int, startedAt: ms, memory: int, watchers: int } },
  }),
};
