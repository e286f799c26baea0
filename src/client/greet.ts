/** Who listens on the home's socket? Loaded only where somebody keeps us waiting, or a daemon was started. */
import fs from 'node:fs';
import { MgrError, isMgrError } from '../base/errors.js';
import type { Home } from '../base/paths.js';
import { alive } from '../base/proc.js';
import { VERSION } from '../base/version.js';
import { PROTOCOL } from '../protocol/contract.js';
import type { DaemonView } from '../protocol/views.js';
import type { Caller } from './install.js';

/** ms in which whoever listens has to say who he is. */
const HANDSHAKE = 3000;
/** ms our own daemon is given then: it lives and is only busy. */
const BUSY = 10_000;

export interface GreetOptions {
  /** ms of the first wait. Default 3 s. */
  readonly wait?: number;
  /** Told when our own daemon lets us wait longer than that. */
  readonly busy?: (text: string) => void;
}

/** `hello` with an end of its own: DAEMON_SILENT tells who sits on the socket and what to do about it. */
export async function greet(caller: Pick<Caller, 'call'>, home: Home, o: GreetOptions = {}): Promise<DaemonView> {
  const first = await hello(caller, o.wait ?? HANDSHAKE);
  if (first) return first;
  const who = listener(home);
  if (who.ours && !who.stopped) {
    o.busy?.(`mgr: the daemon (pid ${who.pid}) is busy, waiting for its answer`);
    const second = await hello(caller, BUSY);
    if (second) return second;
  }
  throw new MgrError('DAEMON_SILENT', { socket: home.rpcSocket, ours: who.ours, pid: who.pid, command: who.command, fix: fixOf(home, who) });
}

async function hello(caller: Pick<Caller, 'call'>, deadline: number): Promise<DaemonView | undefined> {
  try {
    return await caller.call('hello', { version: VERSION, protocol: PROTOCOL }, { deadline });
  } catch (e) {
    if (isMgrError(e) && e.code === 'CALL_TIMEOUT') return undefined;
    throw e;
  }
}

interface Listener {
  readonly pid?: number;
  readonly command?: string;
  /** It holds the home's lock. */
  readonly ours: boolean;
  /** By SIGSTOP or a debugger. */
  readonly stopped?: boolean;
  /** The living holder of the lock, when that is somebody else. */
  readonly holder?: number;
}

function listener(home: Home): Listener {
  const holder = lockHolder(home.lock);
  const pid = socketOwner(home.rpcSocket) ?? holder;
  if (pid === undefined) return { ours: false };
  const ours = pid === holder;
  const state = /^.*\) ([A-Za-z])/s.exec(textOf(`/proc/${pid}/stat`))?.[1];
  const command = textOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim().slice(0, 80);
  return { pid, command, ours, stopped: state === 'T' || state === 't', ...(ours || holder === undefined ? {} : { holder }) };
}

function fixOf(home: Home, { pid, ours, stopped, holder }: Listener): string {
  if (ours && stopped === true) return `it is stopped: \`kill -CONT ${pid}\` lets it go on`;
  if (ours) return `wait for it, or \`kill -9 ${pid}\`: the programs run on and a new daemon takes them over`;
  const end = pid === undefined ? `take its socket away (rm ${home.rpcSocket})` : `end it (kill ${pid}), or take its socket away (rm ${home.rpcSocket})`;
  return holder === undefined ? `${end}; then any command starts the daemon` : `${end}; then \`kill -9 ${holder}\`: the daemon that takes its place listens again`;
}

function lockHolder(lock: string): number | undefined {
  const [, pid] = /"pid":(\d+)/.exec(textOf(lock)) ?? [];
  const [, start] = /"start":"([^"]*)"/.exec(textOf(lock)) ?? [];
  return pid !== undefined && alive(Number(pid), start) ? Number(pid) : undefined;
}

/** The process that has the listening socket open (Linux; undefined where we may not look). */
function socketOwner(socket: string): number | undefined {
  // proc(5): Num RefCount Protocol Flags Type St Inode Path; the flag is __SO_ACCEPTCON, which accepted connections lack.
  const inodes = textOf('/proc/net/unix').split('\n').map((l) => l.trim().split(/\s+/)).filter((f) => f[7] === socket && (Number.parseInt(f[3] ?? '', 16) & 0x10000) !== 0).map((f) => `socket:[${f[6] ?? ''}]`);
  if (inodes.length === 0) return undefined;
  for (const pid of namesIn('/proc').filter((n) => /^\d+$/.test(n))) {
    for (const fd of namesIn(`/proc/${pid}/fd`)) if (inodes.includes(linkOf(`/proc/${pid}/fd/${fd}`))) return Number(pid);
  }
  return undefined;
}

// What cannot be read (it ended, it belongs to another user, there is no /proc) tells nothing; the error stands without it.
function textOf(file: string): string { return quiet(() => fs.readFileSync(file, 'utf8')) ?? ''; }
function namesIn(dir: string): readonly string[] { return quiet(() => fs.readdirSync(dir)) ?? []; }
function linkOf(file: string): string { return quiet(() => fs.readlinkSync(file)) ?? ''; }

function quiet<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined; // as above
  }
}
