import fs from 'node:fs';
import os from 'node:os';
import { isMgrError, reasonOf } from '../../base/errors.js';
import { showSize, showSpan } from '../../base/units.js';
import { VERSION } from '../../base/version.js';
import { maskDeep, maskText } from '../../config/secrets-mask.js';
import { PROTOCOL } from '../../protocol/contract.js';
import type { DaemonView, ProcessView } from '../../protocol/views.js';
import { glance } from '../log-history.js';

import { exitLine } from '../render/describe.js';
import { notesOf, renderList } from '../render/list.js';
import { stamp } from '../render/log-line.js';
import { renderSettings } from '../render/settings.js';
import { count } from '../values.js';
import { pad, printable } from '../width.js';
import type { Caller, Cli, Command } from '../world.js';

/** Lines of the daemon's log. */
const LOG_LINES = 20;
const MOST_RESTLESS = 20;

/**
 * All that somebody who helps will ask for, as plain text to be pasted whole. Looks only: no daemon is started by it, and
 * where one does not answer the rest is told all the same. Values that look like secrets are masked.
 */
export const report: Command = {
  options: [{ flags: '--lines <n>', summary: `lines of the daemon's log (default ${LOG_LINES})` }],
  async run(cli, { options }) {
    const lines = count(options, 'lines', '--lines') ?? LOG_LINES;
    const now = cli.world.now();
    const caller = await living(cli);
    const { processes, daemon } = typeof caller === 'string' ? { processes: [], daemon: undefined } : await caller.call('process.list', {});
    const settings = typeof caller === 'string' ? undefined : (await caller.call('settings.get', {})).value;
    const modules = typeof caller === 'string' ? [] : await caller.call('module.list', {});
    cli.out.answer([
      `mgr report, ${stamp(now, 'YYYY-MM-DD HH:mm:ss Z')} (secrets are masked; read it before you share it)`,
      facts('Command', command(cli)),
      facts('Daemon', daemon ? daemonFacts(daemon, now) : [['state', typeof caller === 'string' ? caller : 'unknown']]),
      facts('System', system()),
      facts('Home', homeFacts(cli)),
      block('Settings', settings === undefined ? '' : renderSettings(undefined, maskDeep(settings))),
      block('Programs', processes.length === 0 ? '' : renderList(processes, { columns: undefined, colour: false, now }) + notesOf(processes)),
      block('Last exits', await exits(caller, processes)),
      block('Modules', modules.map((m) => `${m.name} ${m.version}  ${m.linked ? 'linked' : m.source}  ${m.dir}\n`).join('')),
      block(`Last lines of ${cli.home.daemonLog}`, glance(cli.home.daemonLog).lines.slice(lines === 0 ? Number.POSITIVE_INFINITY : -lines).map((l) => `${printable(maskText(l))}\n`).join('')),
    ].filter((t) => t !== '').join('\n'));
    return 0;
  },
};

async function living(cli: Cli): Promise<Caller | string> {
  try {
    return await cli.world.connect(cli.home);
  } catch (e) {
    if (isMgrError(e)) return e.code === 'DAEMON_DOWN' ? 'not running' : e.message;
    return reasonOf(e);
  }
}

type Facts = readonly (readonly [key: string, value: string])[];

function command(cli: Cli): Facts {
  const { username, uid, execPath, nodeVersion } = cli.world.machine();
  const ours = Object.keys(cli.world.env).filter((k) => /^(?:MGR|PM2|NODE)_/.test(k)).sort();
  return [
    ['version', `${VERSION}, protocol ${PROTOCOL}`], ['node', `${nodeVersion}  ${execPath}`], ['user', `${username} (${uid})`], ['folder', cli.world.cwd()],
    ['variables', ours.length === 0 ? 'none of MGR_*, PM2_*, NODE_*' : ours.join(' ')],
  ];
}

function daemonFacts(d: DaemonView, now: number): Facts {
  return [
    ['version', `${d.version}, protocol ${d.protocol}`], ['node', d.node], ['pid', String(d.pid)], ['up', `${showSpan(now - d.startedAt)}, since ${stamp(d.startedAt, 'YYYY-MM-DD HH:mm:ss')}`],
    ['memory', memoryOf(d.pid)], ...d.notices.map((n) => ['notice', n] as const),
  ];
}

function memoryOf(pid: number): string {
  const kb = /^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1];
  return kb === undefined ? 'unknown' : showSize(Number(kb) * 1024);
}

function system(): Facts {
  const name = /^PRETTY_NAME="?([^"\n]*)/m.exec(read('/etc/os-release'))?.[1];
  const files = /^Max open files\s+(\S+)/m.exec(read('/proc/self/limits'))?.[1];
  return [
    ['os', `${name ?? os.type()}, ${os.type()} ${os.release()} ${os.arch()}`],
    ['cpus', `${os.cpus().length} x ${os.cpus()[0]?.model.trim() ?? 'unknown'}, load ${os.loadavg().map((n) => n.toFixed(2)).join(' ')}`],
    ['memory', `${showSize(os.freemem())} free of ${showSize(os.totalmem())}`],
    ['up', showSpan(os.uptime() * 1000)],
    ['pid 1', read('/proc/1/comm').trim() || 'unknown'],
    ...(files === undefined ? [] : [['open files', `at most ${files}`] as const]),
  ];
}

function homeFacts(cli: Cli): Facts {
  const { dir } = cli.home;
  const stat = fs.statSync(dir, { throwIfNoEntry: false });
  if (!stat) return [['folder', `${dir} (does not exist)`]];
  const disk = fs.statfsSync(dir);
  return [
    ['folder', `${dir}, owner ${stat.uid}, mode ${(stat.mode & 0o7777).toString(8)}`],
    ['disk', `${showSize(disk.bavail * disk.bsize)} free of ${showSize(disk.blocks * disk.bsize)}`],
    ...fs.readdirSync(dir).sort().map((name) => {
      const s = fs.lstatSync(`${dir}/${name}`, { throwIfNoEntry: false });
      return [name, s === undefined ? 'gone' : s.isFile() ? `${s.size} bytes, ${stamp(s.mtimeMs, 'YYYY-MM-DD HH:mm:ss')}` : s.isDirectory() ? `${fs.readdirSync(`${dir}/${name}`).length} entries` : s.isSocket() ? 'socket' : 'other'] as const;
    }),
  ];
}

/** The last ends of those that did not just run. */
async function exits(caller: Caller | string, processes: readonly ProcessView[]): Promise<string> {
  if (typeof caller === 'string') return '';
  const restless = processes.filter((v) => v.restarts > 0 || v.status === 'errored').slice(0, MOST_RESTLESS);
  const details = await Promise.all(restless.map((v) => caller.call('process.describe', { target: v.id })));
  return details.flat().flatMap((d) => d.exits.slice(-3).map((e) => `${d.id} ${printable(d.name)}  ${exitLine(e)}\n`)).join('');
}

function facts(title: string, rows: Facts): string {
  const room = rows.reduce((w, [k]) => Math.max(w, k.length), 0);
  return block(title, rows.map(([k, v]) => `${pad(k, room)}  ${printable(v)}\n`).join(''));
}

function block(title: string, text: string): string {
  return `--- ${title}\n${text === '' ? 'none\n' : text}`;
}

// Not there or not to be read: the report says what it can.
function read(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
