// A small world for the pages to show: apps of every state, modules, a host, jobs, a past.
import type { ActionView, LogLine, ModuleInfo, ProcessInfo, ProcessView } from '../../../src/web/api-types.js';
import type { HostInfo, JobDetail, ResourceDetail, ScheduleView, StoreView } from '../../../src/web/api-types-host.js';
import type { DaemonInfo, HistorySeries, HistoryView, MachineNow, MachineView } from '../../../src/web/api-types-machine.js';
import type { FormView } from '../../../src/protocol/views.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const MB = 1024 * 1024;

export function view(id: number, name: string, o: Partial<ProcessView> = {}): ProcessView {
  return { id, name, namespace: 'default', version: '1.4.2', mode: 'fork', pid: 4000 + id, status: 'online', restarts: 0, unstable: 0, startedAt: Date.now() - 3 * HOUR - id * MINUTE, cpu: 1.2 + id / 3, memory: (38 + id * 7) * MB, user: 'deploy', watching: false, ...o };
}

export function processes(): ProcessView[] {
  return [
    view(0, 'api', { mode: 'cluster', namespace: 'shop', cpu: 12.4, memory: 142 * MB }), view(1, 'api', { mode: 'cluster', namespace: 'shop', cpu: 9.8, memory: 138 * MB }),
    view(2, 'api', { mode: 'cluster', namespace: 'shop', cpu: 11.1, memory: 140 * MB, restarts: 1 }), view(3, 'worker', { namespace: 'shop', cpu: 38.5, memory: 96 * MB, restarts: 2 }),
    view(4, 'mailer', { status: 'errored', pid: 0, cpu: 0, memory: 0, restarts: 16, unstable: 16, note: '16 exits in 15 s; the last: exit code 1' }),
    view(5, 'site', { status: 'stopped', pid: 0, cpu: 0, memory: 0 }), view(6, 'reports', { status: 'waiting restart', pid: 0, cpu: 0, memory: 0, restarts: 3, note: 'exit code 137; it is tried again' }),
    view(7, 'gateway', { namespace: 'edge', version: '0.9.0', cpu: 3.1, memory: 61 * MB, startedAt: Date.now() - 12 * 24 * HOUR }), view(8, 'folder', { module: 'mgr-host', version: '0.1.0' }),
    view(9, 'pm2-logrotate', { module: 'pm2-logrotate', version: '3.0.0', cpu: 0.1, memory: 44 * MB }),
  ];
}

const ACTIONS: readonly ActionView[] = [{ name: 'cache:clear', comment: 'Forgets what was cached', scoped: false }, { name: 'log:level', comment: 'How much is written', params: 'debug | info | warn', scoped: false }, { name: 'profile', comment: 'Samples for so many seconds', params: '<seconds>', scoped: true }];

export function info(v: ProcessView): ProcessInfo {
  const spec = { name: v.name, namespace: v.namespace, script: `./${v.name}.js`, exec_path: `/srv/${v.name}/${v.name}.js`, cwd: `/srv/${v.name}`, args: ['--port', '3000'], interpreter: '/usr/bin/node', interpreter_args: [], exec_mode: v.mode, instances: 1, filter_env: false, username: v.user, autostart: true, autorestart: true, stop_exit_codes: [], min_uptime: 1000, max_restarts: 16, restart_delay: 0, exp_backoff_restart_delay: 100, max_memory_restart: 300 * MB, kill_timeout: 1600, kill_signal: 'SIGINT', treekill: true, shutdown_with_message: false, wait_ready: false, listen_timeout: 3000, merge_logs: false, disable_logs: false, log_type: 'raw', log_date_format: '', instance_var: 'NODE_APP_INSTANCE', watch: false, ignore_watch: [], watch_delay: 0, vizion: true, automation: true, pmx: true, source_map_support: true, extra: {} } as const;
  const now = Date.now();
  const bad = v.status === 'errored';
  return {
    ...v, reason: bad ? 'It was given up after 16 exits in 15 s; the last run ended with exit code 1 after 212 ms.' : v.pid > 0 ? 'It runs, and has since its start 3 h ago.' : v.status === 'stopped' ? 'Somebody stopped it 20 minutes ago.' : 'It ended with exit code 137 and is started again in 3 s.',
    exits: bad ? [0, 1, 2, 3].map((i) => ({ at: now - (4 - i) * 4000, pid: 3100 + i, ran: 210 + i, code: 1, then: i === 3 ? 'gave up: 16 exits in 15 s' : 'restarted' })) : v.restarts > 0 ? [{ at: now - 5 * HOUR, pid: 3001, ran: 9 * HOUR, signal: 'SIGKILL', then: 'restarted' }, { at: now - 3 * HOUR, pid: 3002, ran: 2 * HOUR, code: 0, then: 'restarted: its files changed' }] : [],
    stderrTail: bad ? ['/srv/mailer/mailer.js:12', "  throw new Error('SMTP_HOST is not set');", '        ^', 'Error: SMTP_HOST is not set', '    at Object.<anonymous> (/srv/mailer/mailer.js:12:9)', 'Node.js v22.11.0'] : [],
    env: [
      { name: 'DATABASE_URL', from: 'env', value: 'postgres://shop:***@db.internal/shop', masked: true, shadows: [{ from: 'shell', value: 'postgres://localhost/shop' }] }, { name: 'HOME', from: 'shell', value: '/home/deploy', shadows: [] },
      { name: 'NODE_APP_INSTANCE', from: 'mgr', value: '0', shadows: [] }, { name: 'NODE_ENV', from: 'env_production', value: 'production', shadows: [{ from: 'env', value: 'development' }] },
      { name: 'PATH', from: 'shell', value: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', shadows: [] }, { name: 'SESSION_SECRET', from: 'env', secret: 'file:/etc/shop/session', shadows: [] }, { name: 'STRIPE_API_KEY', from: 'env', value: '***', masked: true, shadows: [] },
    ],
    actions: v.pid > 0 ? ACTIONS : [], metrics: v.pid > 0 ? [{ name: 'Requests', value: 128.4, unit: 'req/s', historic: true }, { name: 'Event Loop Latency', value: 1.24, unit: 'ms', historic: true }, { name: 'Queue', value: 12, historic: true }, { name: 'Build', value: 'c0ffee1', historic: false }] : [],
    spec, instance: 0, uniqueId: '7f9c24e8-3b12-4fef-91e0-cf5a1d8a2c11', createdAt: now - 40 * 24 * HOUR, outPath: `/home/deploy/.mgr/logs/${v.name}-out.log`, errPath: `/home/deploy/.mgr/logs/${v.name}-error.log`, pidPath: `/home/deploy/.mgr/pids/${v.name}-${v.id}.pid`, nodeVersion: '22.11.0',
  };
}

export function logLines(views: readonly ProcessView[], n: number): LogLine[] {
  const texts = ['GET /api/orders 200 14 ms', 'POST /api/orders 201 38 ms', 'job mail:send done in 212 ms', 'cache hit ratio 0.94', 'connection from 10.0.3.17', 'GET /assets/app.css 304 1 ms', 'order 48213 paid'];
  const up = views.filter((v) => v.pid > 0);
  return Array.from({ length: n }, (_, i) => {
    const v = up[i % up.length] ?? view(0, 'api');
    const err = i % 23 === 22;
    return { id: v.id, name: v.name, stream: err ? 'err' : 'out', at: Date.now() - (n - i) * 700, text: err ? 'Error: upstream timed out after 5000 ms\n    at Timeout.<anonymous> (/srv/api/upstream.js:88:17)' : texts[i % texts.length] ?? '' };
  });
}

const wave = (i: number, base: number, by: number, every = 17): number => Math.max(0, base + by * Math.sin(i / every) + by * 0.5 * Math.sin(i / 3.1) + by * 0.35 * Math.sin(i * 1.7));

export function past(from: number, series: Readonly<Record<string, readonly [base: number, by: number, unit?: string]>>): HistoryView {
  const to = Date.now();
  const step = to - from > 2 * 24 * HOUR ? 5 * MINUTE : 10_000;
  const at: number[] = [];
  for (let t = from; t < to - step; t += Math.max(step, (to - from) / 600)) at.push(t);
  return { step, from, to, at, series: Object.entries(series).map(([name, [base, by, unit]]): HistorySeries => ({ name, ...(unit !== undefined && { unit }), values: at.map((_, i) => wave(at.length - i, base, by)) })) };
}
export function processPast(v: ProcessView): Readonly<Record<string, readonly [base: number, by: number, unit?: string]>> { return { cpu: [v.cpu, v.cpu / 5], memory: [v.memory, v.memory / 90], loop: [1.2, 0.3], 'custom:Requests': [124, 14, 'req/s'], 'custom:Queue': [11, 4] }; }
export const MACHINE_PAST = { cpu: [31, 12], memory: [5.2 * 1024 * MB, 300 * MB], swap: [120 * MB, 10 * MB], load: [0.9, 0.4], netIn: [220_000, 160_000], netOut: [900_000, 500_000], diskRead: [40_000, 40_000], diskWrite: [310_000, 200_000], disk: [41 * 1024 * MB, 10 * MB] } as const;

export function machineNow(i: number): MachineNow {
  return { at: Date.now(), cpu: wave(i, 31, 12), load: wave(i, 0.9, 0.4), memory: wave(i, 5.2 * 1024 * MB, 200 * MB), swap: 120 * MB, disk: 41.3 * 1024 * MB, diskRead: wave(i, 40_000, 40_000), diskWrite: wave(i, 310_000, 200_000), netIn: wave(i, 220_000, 160_000), netOut: wave(i, 900_000, 500_000) };
}
export function machine(): MachineView {
  return { hostname: 'shop-1', os: 'Debian GNU/Linux 12 (bookworm)', arch: 'x64', cpus: 4, cpuModel: 'AMD EPYC 7543', memoryTotal: 8 * 1024 * MB, swapTotal: 2048 * MB, diskTotal: 80 * 1024 * MB, diskPath: '/', bootedAt: Date.now() - 41 * 24 * HOUR, now: machineNow(0) };
}
export function daemon(): DaemonInfo {
  return { state: 'up', version: '0.1.0', protocol: 1, pid: 812, node: '22.11.0', home: '/home/deploy/.mgr', startedAt: Date.now() - 12 * 24 * HOUR, notices: [], cpu: 0.4, memory: 52 * MB, processes: 10, web: { version: '0.1.0', pid: 990, startedAt: Date.now() - HOUR, memory: 58 * MB, watchers: 1 } };
}

export function modules(views: readonly ProcessView[]): ModuleInfo[] {
  const of = (name: string): ProcessView[] => views.filter((v) => v.module === name);
  return [
    {
      name: 'pm2-logrotate', version: '3.0.0', source: 'pm2-logrotate', resolved: 'https://registry.npmjs.org/pm2-logrotate/-/pm2-logrotate-3.0.0.tgz', integrity: 'sha512-UlQbIfDQpw4cRC2YhH6YPyVx6WYq9GkSXcJjE6pLrGbWv3t8Aq==', linked: false, dir: '/home/deploy/.mgr/modules/pm2-logrotate', by: 'deploy', at: Date.now() - 40 * HOUR, former: '2.7.0', description: 'Rotates, compresses and removes log files of all apps', processes: of('pm2-logrotate'),
      actions: [{ name: 'list watched logs', scoped: false }, { name: 'list folder', params: '<path>', scoped: false }], metrics: [{ id: 9, name: 'Global logs size', value: '42.10 MB', historic: false }, { id: 9, name: 'Files count', value: 18, historic: true }], widget: { type: 'generic', theme: ['#111111', '#1B2228', '#807C7C', '#807C7C'] },
    },
    { name: 'mgr-host', version: '0.1.0', source: '/srv/folder', linked: true, dir: '/srv/folder', description: 'A folder of drop-ins', processes: of('mgr-host'), actions: [], metrics: [], widget: { theme: ['#0F3B66', '#17548F', '#9AD1FF'], logo: 'data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22 viewBox=%220 0 10 10%22%3E%3Crect width=%2210%22 height=%2210%22 fill=%22%239AD1FF%22/%3E%3Cpath d=%22M2 7h6M2 5h6M2 3h6%22 stroke=%22%230F3B66%22/%3E%3C/svg%3E' } },
  ];
}

export function form(module: string): FormView {
  const rows: FormView['rows'] = [
    { key: 'max_size', type: 'string', value: '10M', from: 'schema', default: '10M', description: 'Rotate a file that is larger', layers: [{ from: 'schema', value: '10M' }] }, { key: 'retain', type: 'number', value: 30, from: 'mgr set', default: 14, description: 'Rotated files kept for each log', layers: [] },
    { key: 'compress', type: 'boolean', value: false, from: 'schema', default: false, description: 'Compress rotated files', layers: [] }, { key: 'level', type: 'info|debug|warn', value: 'info', from: 'schema', default: 'info', description: 'How much it tells', layers: [] },
    { key: 'upload:token', type: 'string', value: '***', from: 'mgr set', secret: true, description: 'Key of the bucket', layers: [] }, { key: 'ignore', type: 'list of string', value: ['site'], from: 'mgr set', default: [], description: 'Apps left alone', layers: [] },
  ];
  return {
    module, typed: true, rows, schema: {
      type: 'object', properties: {
        max_size: { type: 'string', pattern: '^\\d+[KMG]?$', default: '10M' }, retain: { type: 'number', minimum: 0, maximum: 1000, default: 14 }, compress: { type: 'boolean', default: false }, level: { type: 'string', enum: ['info', 'debug', 'warn'], default: 'info' },
        upload: { type: 'object', properties: { token: { type: 'string', writeOnly: true } } }, ignore: { type: 'array', items: { type: 'string' } },
      },
    },
  };
}

export function resources(): ResourceDetail[] {
  return [
    { id: 'hits', path: '/hits', type: 'Hits', state: 'online', config: { type: 'Hits', title: 'Visits', every: 60 }, files: ['get.js'], faults: {}, scripts: { 'get.js': "// Who may read the counter?\nif (!me && !internal) {\n  cancel('please log in', 401);\n}\n\nthis.seen = Date.now();\n" } },
    { id: 'shop/orders', path: '/shop/orders', type: 'Collection', state: 'online', config: { type: 'Collection' }, files: ['post.js', 'validate.js'], faults: {}, scripts: { 'post.js': 'this.at = Date.now();\n', 'validate.js': "if (!this.email) error('email', 'is needed');\n" } },
    { id: 'mail', path: '/mail', type: 'Email', state: 'errored', reason: 'no type Email: modules/dpd-email.js did not load', config: { type: 'Email' }, files: [], faults: {}, scripts: {} },
  ];
}
export function host(list: readonly ResourceDetail[]): HostInfo {
  return {
    name: 'folder', processes: [{ id: 8, status: 'online' }], dir: '/srv/folder', url: 'http://127.0.0.1:2403', env: 'development',
    types: [
      { type: 'Hits', label: 'Hit counter', defaultPath: '/hits', events: ['Get', 'Post'], external: [], pages: ['Config', 'Events'], ownDashboard: false, from: 'modules/hits.js', schema: {}, form: [
        { name: 'title', type: 'string', widget: 'text', description: 'Shown above the number', required: true }, { name: 'every', type: 'number', widget: 'number', description: 'Seconds between two writes', required: false, default: 30 }, { name: 'public', type: 'boolean', widget: 'checkbox', description: 'Anybody may read it', required: false, default: false },
        { name: 'style', type: 'plain|fancy', widget: 'select', description: 'How it looks', required: false, choices: ['plain', 'fancy'], default: 'plain' },
      ] },
      { type: 'Collection', label: 'Collection', defaultPath: '/my-objects', events: ['Get', 'Validate', 'Post', 'Put', 'Delete'], external: [], pages: ['Events'], ownDashboard: false, from: 'built in', schema: {}, form: [] },
    ],
    resources: list, modules: [
      { file: 'modules/hello.js', state: 'loaded', ms: 3.2 }, { file: 'modules/hits.js', state: 'loaded', ms: 11.8 }, { file: 'modules/dpd-email.js', state: 'errored', reason: "Cannot find module 'nodemailer' (modules/dpd-email.js:2)", ms: 4 },
      { file: 'modules/spin.js', state: 'quarantined', reason: 'it did not end loading within 10 s', ms: 10_000 },
    ],
  };
}

export function jobs(): JobDetail[] {
  const now = Date.now();
  const job = (i: number, name: string, o: Partial<JobDetail>): JobDetail => ({ id: `01JD${String(i).padStart(6, '0')}`, name, state: 'done', attempt: 1, retries: 3, priority: 0, cancelling: false, runAt: now - i * 40_000, addedAt: now - i * 40_000 - 500, startedAt: now - i * 40_000, endedAt: now - i * 40_000 + 812, worker: 'folder:4008', fence: 900 - i, attempts: [{ attempt: 1, fence: 900 - i, worker: 'folder:4008', startedAt: now - i * 40_000, endedAt: now - i * 40_000 + 812, outcome: 'done' }], ...o });
  const { endedAt: _, ...running } = job(1, 'report', { state: 'running' });
  return [
    { ...running, startedAt: now - 8000 }, job(2, 'mail', { payload: { to: 'ann@example.org', order: 48213 }, result: { accepted: 1 } }), job(3, 'mail', { state: 'failed', attempt: 4, error: 'SMTP: 451 try again later', payload: { to: 'bob@example.org' } }), job(4, 'resize', { state: 'lost', error: 'its holder did not say a word for 30 s' }),
    job(5, 'clean-up', { key: 'sched:clean-up:1795000000000' }), job(6, 'mail', { state: 'queued', attempt: 0, runAt: now + 90_000 }), job(7, 'import', { state: 'cancelled' }),
  ];
}
export function schedules(): ScheduleView[] {
  const now = Date.now();
  return [{ name: 'clean-up', cron: '0 3 * * *', tz: 'Europe/Zurich', catchUp: 'one', paused: false, lastAt: now - 9 * HOUR, nextAt: now + 15 * HOUR }, { name: 'write-hits', every: 60_000, catchUp: 'none', paused: false, lastAt: now - 22_000, nextAt: now + 38_000 }, { name: 'newsletter', cron: '0 9 * * 1', tz: 'UTC', catchUp: 'none', paused: true, lastAt: now - 6 * 24 * HOUR }];
}
export function store(): StoreView {
  return { file: '/home/deploy/.mgr/store.db', bytes: 18.4 * MB, namespaces: [{ name: 'hits', records: 1204, bytes: 310_000 }, { name: 'shop/orders', records: 48_213, bytes: 14.2 * MB }, { name: 'sessions', records: 87, bytes: 22_000 }], history: 3.1 * MB };
}
