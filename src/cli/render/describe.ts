import { showSize, showSpan } from '../../base/units.js';
import { paint } from '../output.js';
import type { Paint } from '../output.js';
import { pad, printable, width } from '../width.js';
import type { ExitRecord, ProcessDetail } from '../../protocol/views.js';
import { stamp } from './log-line.js';
import { tintStatus, uptime } from './list.js';

/** Everything about one program; first of all why it is where it is. */
export function renderDescribe(d: ProcessDetail, look: { readonly colour: boolean; readonly now: number }): string {
  const p = paint(look.colour);
  const parts = [
    `${p.bold(`${printable(d.name)} (${d.id})`)}  ${tintStatus(d.status, p)(d.status)}${d.pid > 0 ? ` for ${uptime(d, look.now)}` : ''}`,
    facts('', why(d, look.now), p),
    facts('Program', program(d), p),
    facts('Files', files(d), p),
    section('Last exits', d.exits.slice(-10).toReversed().map((e) => exitLine(e)), p),
    section('Last lines of stderr', d.stderrTail.slice(-10).map(printable), p),
    facts('Environment given', Object.entries(d.spec.env.declared), p),
    facts('Settings', Object.entries(d.options).map(([k, v]) => [k, shown(v)]), p),
    facts('Metrics', Object.entries(d.metrics).map(([k, m]) => [k, `${shown(m['value'])}${typeof m['unit'] === 'string' ? ` ${m['unit']}` : ''}`]), p),
    section('Actions', d.actions.map((a) => `mgr trigger ${printable(d.name)} ${printable(shown(a['action_name']))}`), p),
  ];
  return parts.filter((t) => t !== '').map((t) => `${t}\n`).join('\n');
}

type Fact = readonly [key: string, value: string];

function why(d: ProcessDetail, now: number): Fact[] {
  const last = d.exits.at(-1);
  return [
    ['pid', String(d.pid)],
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
    ['mode', `${d.mode}${s.instances > 1 ? `, instance ${d.instance} of ${s.instances}` : ''}`],
    ['namespace', d.namespace],
    ['version', d.version ?? 'N/A'],
    ['user', d.user],
    ...when(d.module !== undefined, ['module', d.module ?? ''] as const),
    ['autorestart', s.autorestart ? `yes, at most ${s.max_restarts} runs shorter than ${s.min_uptime} ms` : 'no'],
    ...when(s.restart_delay > 0, ['restart delay', `${s.restart_delay} ms`] as const),
    ...when(s.exp_backoff_restart_delay > 0, ['backoff', `from ${s.exp_backoff_restart_delay} ms`] as const),
    ...when(s.max_memory_restart > 0, ['memory limit', showSize(s.max_memory_restart)] as const),
    ...when(s.cron_restart !== undefined && s.cron_restart !== '', ['cron', `${s.cron_restart ?? ''}${s.cron_timezone === undefined ? '' : ` (${s.cron_timezone})`}${d.nextRestart === undefined ? '' : `, next ${stamp(d.nextRestart, 'YYYY-MM-DD HH:mm:ss')}`}`] as const),
    ['watching', d.watching ? (Array.isArray(s.watch) ? s.watch.join(', ') : s.cwd) : s.watch === false ? 'no' : 'when it is started again'],
    ...when(s.depends_on !== undefined, ['depends on', Object.entries(s.depends_on ?? {}).map(([name, c]) => `${name} (${c})`).join(', ')] as const),
    ['stop', `${s.shutdown_with_message ? "message 'shutdown'" : s.kill_signal}, SIGKILL after ${s.kill_timeout} ms`],
    ...when(s.wait_ready, ['ready', `by process.send('ready') within ${s.listen_timeout} ms`] as const),
    ['unique id', d.uniqueId],
  ];
}

function files(d: ProcessDetail): Fact[] {
  const all: readonly (readonly [string, string | undefined])[] = [['out log', d.outPath], ['error log', d.errPath], ['combined', d.logPath], ['pid file', d.pidPath]];
  return all.flatMap(([k, v]) => (v === undefined ? [] : [[k, v] as const]));
}

/** When, how and after what time a run ended, and what followed. */
export function exitLine(e: ExitRecord): string {
  return printable(`${stamp(e.at, 'YYYY-MM-DD HH:mm:ss')}  pid ${e.pid}  ${endOf(e)} after ${ran(e)}  -> ${e.then}`);
}

function endOf(e: ExitRecord): string {
  if (e.signal !== undefined) return `signal ${e.signal}`;
  return e.code === undefined ? 'ended while no daemon watched' : `exit code ${e.code}`;
}

function ran(e: ExitRecord): string {
  return e.ran < 10_000 ? `${Math.round(e.ran)} ms` : showSpan(e.ran);
}

function facts(title: string, rows: readonly Fact[], p: Paint): string {
  const room = rows.reduce((w, [k]) => Math.max(w, width(printable(k))), 0);
  return section(title, rows.map(([k, v]) => `${p.dim(pad(printable(k), room))}  ${printable(v)}`), p);
}

function section(title: string, lines: readonly string[], p: Paint): string {
  if (lines.length === 0) return '';
  return [...(title === '' ? [] : [p.bold(title)]), ...lines.map((l) => `  ${l}`)].join('\n');
}

function when<T>(yes: boolean, value: T): readonly T[] {
  return yes ? [value] : [];
}

function shown(v: unknown): string {
  return typeof v === 'string' ? v : JSON.stringify(v) ?? '';
}
