/**
 * What Linux tells in /proc and /sys; elsewhere what Node knows. Read by hand: a library for all systems is larger than
 * this whole server and starts programs to learn what stands in three files.
 */
import fs from 'node:fs';
import os from 'node:os';

/** Since the boot. Bytes; processor time in ticks. */
export interface Counters {
  readonly cpuBusy: number;
  readonly cpuAll: number;
  readonly diskRead?: number;
  readonly diskWrite?: number;
  readonly netIn?: number;
  readonly netOut?: number;
}

export function counters(): Counters { return { ...cpu(), ...disks(read('/proc/diskstats'), isDisk), ...networks(read('/proc/net/dev'), isReal) }; }

/** Bytes. */
export function memory(text = read('/proc/meminfo')): { readonly used: number; readonly total: number; readonly swapUsed: number; readonly swapTotal: number } {
  const of = (key: string): number | undefined => {
    const kb = new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(text ?? '')?.[1];
    return kb === undefined ? undefined : Number(kb) * 1024;
  };
  const total = of('MemTotal') ?? os.totalmem();
  const swapTotal = of('SwapTotal') ?? 0;
  return { total, used: total - (of('MemAvailable') ?? os.freemem()), swapTotal, swapUsed: swapTotal - (of('SwapFree') ?? 0) };
}

/** Bytes read and written of whole disks: a partition and its disk count the same bytes twice. */
export function disks(text: string | undefined, counts: (name: string) => boolean): Pick<Counters, 'diskRead' | 'diskWrite'> {
  if (text === undefined) return {};
  let [diskRead, diskWrite] = [0, 0];
  for (const line of text.split('\n')) {
    const f = line.trim().split(/\s+/);
    if (f[2] === undefined || !counts(f[2])) continue;
    // iostats.rst: sectors of 512 bytes, whatever the disk has.
    diskRead += Number(f[5]) * 512;
    diskWrite += Number(f[9]) * 512;
  }
  return { diskRead, diskWrite };
}

/** Bytes of network cards; where there are none (a container) of everything but the loopback. */
export function networks(text: string | undefined, isCard: (name: string) => boolean): Pick<Counters, 'netIn' | 'netOut'> {
  if (text === undefined) return {};
  const all = text.split('\n').flatMap((line) => {
    const [name, rest] = line.split(':');
    const f = rest?.trim().split(/\s+/).map(Number);
    return f === undefined || name === undefined || name.trim() === 'lo' ? [] : [{ name: name.trim(), in: f[0] ?? 0, out: f[8] ?? 0 }];
  });
  const cards = all.filter((n) => isCard(n.name));
  const of = cards.length > 0 ? cards : all;
  return { netIn: of.reduce((n, c) => n + c.in, 0), netOut: of.reduce((n, c) => n + c.out, 0) };
}

function cpu(): { cpuBusy: number; cpuAll: number } {
  const line = /^cpu\s+(.*)$/m.exec(read('/proc/stat') ?? '')?.[1];
  if (line !== undefined) {
    // proc(5): user nice system idle iowait irq softirq steal; guest time is in user already.
    const f = line.trim().split(/\s+/).map(Number).slice(0, 8);
    const all = f.reduce((a, b) => a + b, 0);
    return { cpuAll: all, cpuBusy: all - (f[3] ?? 0) - (f[4] ?? 0) };
  }
  let [cpuBusy, cpuAll] = [0, 0];
  for (const { times } of os.cpus()) {
    const all = times.user + times.nice + times.sys + times.idle + times.irq;
    cpuAll += all;
    cpuBusy += all - times.idle;
  }
  return { cpuBusy, cpuAll };
}

const kinds = new Map<string, boolean>();
function known(key: string, look: () => boolean): boolean {
  let is = kinds.get(key);
  // Disks and cards come seldom; asking the file system for each of them each second would be the dearest part.
  if (is === undefined) kinds.set(key, is = look());
  return is;
}
function isDisk(name: string): boolean { return known(`d${name}`, () => !/^(?:loop|ram|zram|dm-|md|sr)\d/.test(name) && fs.existsSync(`/sys/block/${name}`)); }
function isReal(name: string): boolean { return known(`n${name}`, () => fs.existsSync(`/sys/class/net/${name}/device`)); }

function read(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'latin1');
  } catch {
    return undefined; // no Linux
  }
}
