import fs from 'node:fs';
import os from 'node:os';
import { inspect } from 'node:util';
import { showSize, showSpan } from '../../base/units.js';
import { isOn } from '../values.js';
import type { Cli, Command } from '../world.js';

/** ms between the two looks that make a rate. */
const LOOK = 300;

/** Figures of this machine: by default PM2's object, which scripts know; `-t` for people. */
export const sysinfos: Command = {
  options: [{ flags: '-t, --tree', summary: 'a tree to read' }, { flags: '--json', summary: 'as JSON' }],
  async run(cli, { options }) {
    const facts = await look(cli);
    if (isOn(options, 'json')) cli.out.answer(`${JSON.stringify(facts)}\n`);
    else cli.out.answer(isOn(options, 'tree') ? tree(shown(facts), '') : `${inspect(pm2Metrics(facts), { depth: null })}\n`);
    return 0;
  },
};

// PM2's names, units and form. What it never measures right (temperature) is left out.
function pm2Metrics({ cpu, memory, disk, network }: Facts): Readonly<Record<string, unknown>> {
  const round = (n: number): number => Math.round(n * 100) / 100;
  const rows: readonly (readonly [name: string, value: number, unit: string])[] = [
    ['CPU Usage', cpu.used, '%'], ['RAM Usage', round(memory.used / memory.total * 100), '%'], ['RAM Total', memory.total, 'b'], ['RAM Available', memory.free, 'b'], ['RAM Active', memory.used, 'b'],
    ...Object.entries(network).flatMap(([name, n]) => [[`net:rx_5:${name}`, round(n.received / 1024 ** 2), 'mb/s'], [`net:tx_5:${name}`, round(n.sent / 1024 ** 2), 'mb/s']] as const),
    [`fs:use:${disk.path}`, round((1 - disk.free / disk.total) * 100), '%'], [`fs:size:${disk.path}`, round(disk.total / 1024 ** 3), 'gb'],
  ];
  return Object.fromEntries(rows.map(([name, value, unit]) => [name, { value, type: 'metric', unit, historic: true }]));
}

type Facts = Awaited<ReturnType<typeof look>>;

async function look(cli: Cli) {
  const before = { busy: cpuTimes(), net: netBytes() };
  await cli.world.sleep(LOOK);
  const after = { busy: cpuTimes(), net: netBytes() };
  const total = after.busy.total - before.busy.total;
  const disk = fs.statfsSync('/');
  const rate = (a: number, b: number | undefined): number => Math.max(0, Math.round((a - (b ?? a)) * 1000 / LOOK));
  return {
    host: { name: os.hostname(), os: `${os.type()} ${os.release()}`, arch: os.arch(), up: Math.round(os.uptime()) },
    cpu: { count: os.cpus().length, model: os.cpus()[0]?.model.trim() ?? 'unknown', used: total === 0 ? 0 : Math.round((after.busy.busy - before.busy.busy) / total * 1000) / 10, load: os.loadavg().map((n) => Math.round(n * 100) / 100) },
    memory: { total: os.totalmem(), free: available(), used: os.totalmem() - available() },
    disk: { path: '/', total: disk.blocks * disk.bsize, free: disk.bavail * disk.bsize },
    // Without an address nobody talks over it.
    network: Object.fromEntries([...after.net].filter(([name]) => os.networkInterfaces()[name]).map(([name, n]) => [name, { received: rate(n.in, before.net.get(name)?.in), sent: rate(n.out, before.net.get(name)?.out), addresses: (os.networkInterfaces()[name] ?? []).map((a) => a.address) }])),
  };
}

function cpuTimes(): { busy: number; total: number } {
  let busy = 0;
  let total = 0;
  for (const { times } of os.cpus()) {
    const all = times.user + times.nice + times.sys + times.idle + times.irq;
    total += all;
    busy += all - times.idle;
  }
  return { busy, total };
}

// What the kernel would give away counts as free; os.freemem() leaves its caches out.
function available(): number {
  const kb = /^MemAvailable:\s+(\d+)/m.exec(read('/proc/meminfo'))?.[1];
  return kb === undefined ? os.freemem() : Number(kb) * 1024;
}

/** Bytes since the start of the machine, by interface; the loopback is nobody's traffic. Linux only. */
function netBytes(): Map<string, { in: number; out: number }> {
  return new Map([...read('/proc/net/dev').matchAll(/^\s*([\w.@-]+):\s*(\d+)(?:\s+\d+){7}\s+(\d+)/gm)].filter((m) => m[1] !== 'lo').map((m) => [m[1] ?? '', { in: Number(m[2]), out: Number(m[3]) }]));
}

function read(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return ''; // no Linux
  }
}

function shown({ host, cpu, memory, disk, network }: Facts): Readonly<Record<string, unknown>> {
  return {
    host: { ...host, up: showSpan(host.up * 1000) },
    cpu: { ...cpu, used: `${cpu.used}%`, load: cpu.load.join(' ') },
    memory: { total: showSize(memory.total), used: showSize(memory.used), free: showSize(memory.free) },
    disk: { path: disk.path, total: showSize(disk.total), free: showSize(disk.free) },
    network: Object.fromEntries(Object.entries(network).map(([name, n]) => [name, { received: `${showSize(n.received)}/s`, sent: `${showSize(n.sent)}/s`, addresses: n.addresses.join(' ') }])),
  };
}

function tree(value: Readonly<Record<string, unknown>>, before: string): string {
  const entries = Object.entries(value);
  return entries.map(([key, v], i) => {
    const last = i === entries.length - 1;
    const head = `${before}${last ? '└─' : '├─'} ${key}`;
    return typeof v === 'object' && v !== null ? `${head}\n${tree(v as Record<string, unknown>, `${before}${last ? '   ' : '│  '}`)}` : `${head}: ${String(v)}\n`;
  }).join('');
}
