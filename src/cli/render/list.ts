import { showSize, showSpan } from '../../base/units.js';
import { paint } from '../output.js';
import type { Paint } from '../output.js';
import { table } from '../table.js';
import type { Column, TableStyle } from '../table.js';
import { printable } from '../width.js';
import type { DaemonView, ProcessView, Status } from '../../protocol/views.js';

export interface ListLook {
  /** Undefined: a pipe. */
  readonly columns: number | undefined;
  readonly colour: boolean;
  /** Wall-clock ms, for the uptime. */
  readonly now: number;
}

/** The table of programs, and a second one for modules when there are any; only that one when there is nothing else. */
export function renderList(processes: readonly ProcessView[], look: ListLook): string {
  const p = paint(look.colour);
  const style: TableStyle = { columns: look.columns, head: (t) => p.bold(p.cyan(t)), line: p.dim };
  const apps = processes.filter((v) => v.module === undefined);
  const modules = processes.filter((v) => v.module !== undefined);
  const text = apps.length === 0 && modules.length > 0 ? '' : table(apps, appLayouts(look.now, p), style);
  if (modules.length === 0) return text;
  const gap = text !== '' && look.columns === undefined ? '\n' : '';
  return `${text}${gap}${p.bold('Modules')}\n${table(modules, moduleLayouts(look.now, p), style)}`;
}

/** `-m`: one block of `key : value` lines a process, easy to grep; PM2's keys and words first. */
export function renderMini(processes: readonly ProcessView[], now: number): string {
  return processes.map((v) => [
    `+--- ${printable(v.name)}`,
    ...Object.entries({
      namespace: v.namespace, version: v.version ?? 'N/A', pid: v.pid, 'pm2 id': v.id, status: v.status, mode: v.mode, restarted: v.restarts,
      uptime: uptime(v, now), 'memory usage': showSize(v.memory).replace(' ', '').toLowerCase(), watching: v.watching ? 'yes' : 'no', cpu: `${v.cpu}%`, user: v.user,
    }).map(([k, value]) => `${k} : ${printable(String(value))}`),
  ].join('\n') + '\n').join('');
}

/** What the table cannot say: full disks, given-up programs. One sentence a line. */
export function notesOf(processes: readonly ProcessView[], daemon?: DaemonView): string {
  const lines = [...(daemon?.notices ?? []), ...processes.filter((v) => v.note !== undefined).map((v) => `${v.name} (${v.id}): ${v.note ?? ''}`)];
  return lines.map((l) => `mgr: ${printable(l)}\n`).join('');
}

const FIELDS: Readonly<Record<string, (v: ProcessView) => string | number>> = {
  name: (v) => v.name, namespace: (v) => v.namespace, pid: (v) => v.pid, id: (v) => v.id, cpu: (v) => v.cpu,
  memory: (v) => v.memory, uptime: (v) => v.startedAt ?? 0, status: (v) => v.status,
};

export const SORT_FIELDS: readonly string[] = Object.keys(FIELDS);

/** Sorted by a field of SORT_FIELDS; an unknown field leaves the order. */
export function sortList(processes: readonly ProcessView[], field: string, down: boolean): ProcessView[] {
  const key = FIELDS[field];
  if (!key) return [...processes];
  const sign = down ? -1 : 1;
  return [...processes].sort((a, b) => {
    const [x, y] = [key(a), key(b)];
    if (typeof x === 'string' && typeof y === 'string') return sign * x.localeCompare(y);
    return sign * (Number(x) - Number(y));
  });
}

export function uptime(v: ProcessView, now: number): string {
  return v.startedAt === undefined || v.pid === 0 ? '0' : showSpan(now - v.startedAt);
}

export function tintStatus(status: Status, p: Paint): (s: string) => string {
  if (status === 'online') return p.green;
  if (status === 'stopped' || status === 'errored') return p.red;
  return p.yellow;
}

type Col = Column<ProcessView>;

function shared(now: number, p: Paint): Record<'id' | 'name' | 'version' | 'pid' | 'uptime' | 'restarts' | 'status' | 'cpu' | 'mem' | 'user', Col> {
  return {
    id: { title: 'id', text: (v) => String(v.id), right: true, tint: (s) => p.bold(p.cyan(s)) },
    name: { title: 'name', text: (v) => v.name, most: 40, least: 12 },
    version: { title: 'version', text: (v) => v.version ?? 'N/A', most: 16, least: 7 },
    pid: { title: 'pid', text: (v) => String(v.pid), right: true },
    uptime: { title: 'uptime', text: (v) => uptime(v, now), right: true },
    // A row that goes on falling stands out.
    restarts: { title: '↺', text: (v) => String(v.restarts), right: true, tint: (s, v) => (v.unstable > 0 ? p.yellow(s) : s) },
    status: { title: 'status', text: (v) => v.status, tint: (s, v) => tintStatus(v.status, p)(s) },
    cpu: { title: 'cpu', text: (v) => `${v.cpu}%`, right: true },
    mem: { title: 'mem', text: (v) => showSize(v.memory).replace(' ', ''), right: true },
    user: { title: 'user', text: (v) => v.user, most: 16, least: 4 },
  };
}

// Full, condensed, mini: what one can do without goes first.
function appLayouts(now: number, p: Paint): Col[][] {
  const c = shared(now, p);
  const namespace: Col = { title: 'namespace', text: (v) => v.namespace, most: 24, least: 8 };
  const mode: Col = { title: 'mode', text: (v) => v.mode };
  const watching: Col = { title: 'watching', text: (v) => (v.watching ? 'enabled' : 'disabled'), tint: (s, v) => (v.watching ? p.green(s) : p.dim(s)) };
  return [
    [c.id, c.name, namespace, c.version, mode, c.pid, c.uptime, c.restarts, c.status, c.cpu, c.mem, c.user, watching],
    [c.id, c.name, namespace, mode, c.pid, c.uptime, c.restarts, c.status, c.cpu, c.mem],
    [c.id, { ...c.name, least: 16 }, mode, c.pid, c.uptime, c.restarts, c.status, c.cpu, c.mem],
    [c.id, c.name, mode, c.uptime, c.restarts, c.status, c.cpu, c.mem],
    [c.id, { ...c.name, least: 6 }, c.restarts, c.status, c.mem],
    [c.id, { ...c.name, least: 6 }, { ...c.status, least: 4 }],
    [c.id, { ...c.name, least: 2 }, { ...c.status, least: 1 }],
  ];
}

function moduleLayouts(now: number, p: Paint): Col[][] {
  const c = shared(now, p);
  const module: Col = { ...c.name, title: 'module' };
  return [
    [c.id, module, c.version, c.pid, c.status, c.restarts, c.cpu, c.mem, c.user],
    [c.id, module, c.version, c.status, c.restarts, c.cpu, c.mem],
    [c.id, module, c.status, c.restarts, c.mem],
    [c.id, { ...module, least: 2 }, { ...c.status, least: 1 }],
  ];
}
