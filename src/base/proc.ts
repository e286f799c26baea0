/**
 * Who a process is: a pid alone is recycled, a pid with its kernel start time and the boot is not.
 * Synchronous and cheap (one small read in /proc); where there is no /proc, `ps` is asked.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { errno } from './errors.js';

/** Kernel start time of a living or zombie process (Linux: clock ticks since boot), or undefined when there is none. */
export function startTime(pid: number): string | undefined {
  return stat(pid)?.start;
}

/** Is this process running? A zombie counts as dead; without `start` whoever has the pid now counts. */
export function alive(pid: number, start?: string): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    const found = stat(pid);
    return found !== undefined && !found.zombie && (start === undefined || start === '' || found.start === start);
  } catch {
    // It cannot be looked at (no descriptor free): "dead" would be the dangerous guess.
    return exists(pid);
  }
}

/** The parent's pid, or undefined when there is no such process. */
export function parentOf(pid: number): number | undefined {
  return stat(pid)?.parent;
}

/** Pids of everything that runs, as /proc names them; empty where there is no /proc. */
export function procEntries(): string[] {
  try {
    return fs.readdirSync('/proc').filter((n) => n >= '1' && n < ':');
  } catch {
    return []; // no /proc on this system
  }
}

/**
 * Bytes that these processes hold together, each page once however many share it. Undefined where the kernel does not tell
 * (no Linux, another user's process). A read of some ms for a large process.
 */
export function memoryOf(pids: readonly number[]): number | undefined {
  let bytes = 0;
  for (const pid of pids) {
    try {
      const kilobytes = /^Pss:\s+(\d+) kB/m.exec(fs.readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'))?.[1];
      if (kilobytes === undefined) return undefined;
      bytes += Number(kilobytes) * 1024;
    } catch (e) {
      // ESRCH: it ended; its file is there until somebody has waited for it.
      if (errno(e) === 'ESRCH' || (hasProc && errno(e) === 'ENOENT' && !fs.existsSync(`/proc/${pid}`))) continue;
      return undefined;
    }
  }
  return bytes;
}

/** Names this boot of the machine; '' where the system does not tell. */
export function bootId(): string {
  return boot ??= readBoot();
}

/** How a process gets along: ms its first thread ran, and was ready to run while others had the processor; its state as in proc(5). */
export interface Pace { readonly ran: number; readonly waited: number; readonly state: string }

/** Undefined where the kernel does not tell (no Linux, no such process). What it waits for just now is counted when it runs again. */
export function paceOf(pid: number): Pace | undefined {
  try {
    const [ran = 0, waited = 0] = fs.readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ').map(Number);
    const text = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
    return { ran: ran / 1e6, waited: waited / 1e6, state: text.charAt(text.lastIndexOf(')') + 2) };
  } catch {
    return undefined; // as told above
  }
}

interface Stat { readonly start: string; readonly parent: number; readonly zombie: boolean }

let boot: string | undefined;
const hasProc = seen('/proc/self/stat');

function seen(file: string): boolean {
  try { return fs.existsSync(file); } catch { return false; /* Node 20 throws in a sandbox, where it may not be looked at */ }
}

function stat(pid: number): Stat | undefined {
  if (!hasProc) return psStat(pid);
  let text: string;
  try {
    text = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch (e) {
    if (errno(e) === 'ENOENT' || errno(e) === 'ESRCH') return undefined;
    throw e;
  }
  // The name in parentheses may hold anything, spaces and parentheses too: count from the last one. proc(5): field 3 is the state.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  // While other threads live (field 20) a dead first thread is a zombie, but the process holds its files and sockets.
  const zombie = (fields[0] === 'Z' && Number(fields[17]) <= 1) || fields[0] === 'X';
  return { start: fields[19] ?? '', parent: Number(fields[1]), zombie };
}

function psStat(pid: number): Stat | undefined {
  try {
    const text = execFileSync('ps', ['-o', 'stat=,ppid=,lstart=', '-p', String(pid)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    const [state = '', parent = '', ...start] = text.split(/\s+/);
    return { start: start.join(' '), parent: Number(parent), zombie: state.startsWith('Z') };
  } catch (e) {
    // ps exits 1 for an unknown pid; where there is no ps at all, ask the kernel whether the pid exists.
    if (errno(e) !== 'ENOENT') return undefined;
    return exists(pid) ? { start: '', parent: 0, zombie: false } : undefined;
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (e) {
    return errno(e) === 'EPERM';
  }
}

function readBoot(): string {
  try {
    return fs.readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    // no Linux
  }
  try {
    return execFileSync('sysctl', ['-n', 'kern.bootsessionuuid'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return ''; // told in the contract: unknown
  }
}
