import { showSize, showSpan } from '../../base/units.js';
import { maskText } from '../../config/secrets-mask.js';
import type { HealthCheck } from '../../config/spec.js';
import { paint } from '../output.js';
import { table } from '../table.js';
import { plainText } from '../safe-text.js';
import { printable } from '../width.js';
import type { ExitRecord, ProcessDetail } from '../../protocol/views.js';
import { stamp } from './log-line.js';
import { tintStatus, uptime } from './list.js';
import { sections } from './sections.js';
import type { Fact } from './sections.js';
import { guardFacts } from '../trust/words.js';

export interface DescribeLook {
  readonly colour: boolean;
  /** Wall-clock ms. */
  readonly now: number;
  /** Cells to fit; undefined: a pipe. */
  readonly columns?: number | undefined;
}

/** Everything about what a target named: one text a program, and one for all processes of an app that has several. */
export function renderDescribe(all: readonly ProcessDetail[], look: DescribeLook): string {
  const apps = new Map<string, ProcessDetail[]>();
  for (const d of all) apps.set(JSON.stringify([d.name, d.namespace, d.module]), [...apps.get(JSON.stringify([d.name, d.namespace, d.module])) ?? [], d]);
  return [...apps.values()].map((of) => app(of, look)).join('\n');
}

function app(of: readonly ProcessDetail[], look: DescribeLook): string {
  const [d] = of;
  if (!d) return '';
  const p = paint(look.colour);
  const { facts, section } = sections(look);
  const exits = of.flatMap((one) => one.exits.map((e) => ({ one, e }))).sort((x, y) => y.e.at - x.e.at).slice(0, 10);
  // The one that failed last is the one that is asked about.
  const failed = exits.find(({ one }) => one.stderrTail.length > 0)?.one ?? of.find((one) => one.stderrTail.length > 0);
  const several = of.length > 1;
  const parts = [
    several ? `${p.bold(printable(d.name))}  ${of.length} processes` : `${p.bold(`${printable(d.name)} (${d.id})`)}  ${tintStatus(d.status, p)(d.status)}${d.pid > 0 ? ` for ${uptime(d, look.now)}` : ''}`,
    // First of all why it is where it is.
    several ? section('', processLines(of, look)) : facts('', why(d, look.now)),
    facts('Program', [...program(d), ...when(!several, ['unique id', d.uniqueId] as const)]),
    facts('Files', several ? of.flatMap((one) => files(one).map(([k, v]) => [`${k} ${one.id}`, v] as const)) : files(d)),
    section('Last exits', exits.map(({ one, e }) => `${several ? `${one.id}  ` : ''}${exitLine(e, look.now)}`)),
    section(several ? `Last lines of stderr of ${failed?.id ?? ''}` : 'Last lines of stderr', (failed?.stderrTail ?? []).slice(-10).map(plainText)),
    facts('Environment given', [...Object.entries(d.spec.env.declared), ...Object.entries(d.spec.env.secrets ?? {}).map(([name, ref]) => [name, `{secret ${maskText(ref)}}`] as const)]),
    facts('Settings', settings(d).map(([k, v]) => [k, shown(v)])),
    ...of.map((one) => facts(several ? `Metrics of ${one.id}` : 'Metrics', Object.entries(one.metrics).map(([k, m]) => [k, `${shown(m['value'])}${typeof m['unit'] === 'string' ? ` ${m['unit']}` : ''}`]))),
    section('Actions', d.actions.map((a) => `mgr trigger ${printable(d.name)} ${printable(shown(a['action_name']))}`)),
  ];
  return parts.filter((t) => t !== '').map((t) => `${t}\n`).join('\n');
}

// One line each, and below it why it is not up.
function processLines(of: readonly ProcessDetail[], look: DescribeLook): string[] {
  const p = paint(look.colour);
  const rows = table(of, [[
    { title: 'id', text: (d) => String(d.id) }, { title: 'pid', text: (d) => String(d.pid) }, { title: 'status', text: (d) => d.status, tint: (s, d) => tintStatus(d.status, p)(s) },
    { title: 'uptime', text: (d) => uptime(d, look.now) }, { title: '↺', text: (d) => String(d.restarts) }, { title: 'cpu', text: (d) => `${d.cpu}%` }, { title: 'mem', text: (d) => showSize(d.memory) },
  ]], { columns: undefined, head: p.dim, line: (t) => t }).trimEnd().split('\n');
  return [...rows, ...of.flatMap((d) => (d.note === undefined ? [] : [`${d.id}: ${printable(d.note)}`]))];
}

function why(d: ProcessDetail, now: number): Fact[] {
  const last = d.exits.at(-1);
  return [
    ...when(d.pid > 0, ['pid', String(d.pid)] as const),
    ...when(d.note !== undefined, ['why', d.note ?? ''] as const),
    ...when(last !== undefined, ['last exit', last === undefined ? '' : `${endOf(last)} ${showSpan(now - last.at)} ago, after ${ran(last)}: ${last.then}`] as const),
    ['restarts', `${d.restarts}${d.unstable > 0 ? ` (${d.unstable} unstable)` : ''}`],
    ['cpu', `${d.cpu}%`],
    ['memory', showSize(d.memory)],
    ['created', stamp(d.createdAt, 'YYYY-MM-DD HH:mm:ss')],
  ];
}

function program(d: ProcessDetail): Fact[] {
  const s = d.spec;
  return [
    ['script', s.exec_path],
    ...when(s.args.length > 0, ['arguments', s.args.join(' ')] as const),
    ['interpreter', [s.interpreter, ...s.interpreter_args].join(' ')],
    ...when(d.nodeVersion !== undefined, ['node', d.nodeVersion ?? ''] as const),
    ['cwd', s.cwd],
    ['mode', `${d.mode}${s.instances > 1 ? `, ${s.instances} instances` : ''}`],
    ...when(s.listen !== undefined, ['listens', (s.listen ?? []).map((at) => ('path' in at ? at.path : at.host === undefined ? String(at.port) : `${at.host} port ${at.port}`)).join(', ')] as const),
    ['namespace', d.namespace],
    ['version', d.version ?? 'N/A'],
    ['user', d.user],
    ...when(d.module !== undefined, ['module', d.module ?? ''] as const),
    ...(s.guard === undefined ? [] : guardFacts(s.guard, d.nodeVersion)),
    ...when(d.module !== undefined && typeof d.options['pid'] === 'number', ['cpu and memory', `of pid ${shown(d.options['pid'])}, which it looks after`] as const),
    ['autorestart', s.autorestart ? `yes, at most ${s.max_restarts} runs shorter than ${s.min_uptime} ms` : 'no'],
    ...when(s.restart_delay > 0, ['restart delay', `${s.restart_delay} ms`] as const),
    ...when(s.exp_backoff_restart_delay > 0, ['backoff', `from ${s.exp_backoff_restart_delay} ms`] as const),
    ...when(s.max_memory_restart > 0, ['memory limit', showSize(s.max_memory_restart)] as const),
    ...when(s.cron_restart !== undefined && s.cron_restart !== '', ['cron', `${s.cron_restart ?? ''}${s.cron_timezone === undefined ? '' : ` (${s.cron_timezone})`}${d.nextRestart === undefined ? '' : `, next ${stamp(d.nextRestart, 'YYYY-MM-DD HH:mm:ss')}`}`] as const),
    ['watching', d.watching ? (Array.isArray(s.watch) ? s.watch.join(', ') : s.cwd) : s.watch === false ? 'no' : 'when it is started again'],
    ...when(s.depends_on !== undefined, ['depends on', Object.entries(s.depends_on ?? {}).map(([name, c]) => `${name} (${c})`).join(', ')] as const),
    ['stop', `${s.shutdown_with_message ? "message 'shutdown'" : s.kill_signal}, SIGKILL after ${s.kill_timeout} ms`],
    ...when(s.health_check !== undefined, ['health check', health(s.health_check)] as const),
    ...when(s.wait_ready, ['ready', `by process.send('ready') within ${s.listen_timeout} ms`] as const),
  ];
}

function health(h: HealthCheck | undefined): string {
  const what = h?.http !== undefined ? `GET ${h.http}` : h?.tcp !== undefined ? `connection to ${h.tcp}` : h?.exec ?? '';
  return `${what}, every ${h?.interval ?? 0} ms, restarted after ${h?.retries ?? 0} failures`;
}

/** What a module runs with. What its library tells besides (a dashboard's colours) is in `jlist`. */
function settings(d: ProcessDetail): [string, unknown][] {
  const conf = d.options['module_conf'];
  return Object.entries(typeof conf === 'object' && conf !== null ? conf : d.options);
}

function files(d: ProcessDetail): Fact[] {
  const all: readonly (readonly [string, string | undefined])[] = [['out log', d.outPath], ['error log', d.errPath], ['combined', d.logPath], ['pid file', d.pidPath]];
  return all.flatMap(([k, v]) => (v === undefined ? [] : [[k, v] as const]));
}

/** When, how and after what time a run ended, and what followed. */
export function exitLine(e: ExitRecord, now = 0): string {
  // The day is said when it is another.
  const today = stamp(e.at, 'YYYY-MM-DD') === stamp(now, 'YYYY-MM-DD');
  return printable(`${stamp(e.at, today ? 'HH:mm:ss' : 'YYYY-MM-DD HH:mm:ss')}  pid ${e.pid}  ${endOf(e)} after ${ran(e)}  -> ${e.then}`);
}

export function endOf(e: ExitRecord): string {
  if (e.signal !== undefined) return `signal ${e.signal}`;
  if (e.why !== undefined) return e.why;
  return e.code === undefined ? 'ended while no daemon watched' : `exit code ${e.code}`;
}

export function ran(e: ExitRecord): string {
  return e.ran < 10_000 ? `${Math.round(e.ran)} ms` : showSpan(e.ran);
}

function when<T>(yes: boolean, value: T): readonly T[] {
  return yes ? [value] : [];
}

function shown(v: unknown): string {
  return typeof v === 'string' ? v : JSON.stringify(v) ?? '';
}
