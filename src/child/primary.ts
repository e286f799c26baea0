/**
 * The primary of one app: a small program between the daemon and the app's processes, for what needs a parent that
 * outlives the daemon. It forks the workers of a cluster with node:cluster, so that connections never pass the daemon;
 * and it holds the sockets of an app with `listen`, which stay open while the app is restarted. It leads a session of
 * its own, decides nothing, and ends when the daemon tells it so or when nobody needs it.
 *
 * Wire: as preload.ts has it. {c: order} downwards, {c: news} upwards; {t: token, m | x | c: …} is a worker's.
 */
import fs from 'node:fs';
import type { ChildProcess } from 'node:child_process';
import { keepHandoffs } from './primary-handoff.js';
import { Link, type Row } from './primary-link.js';
import { forkWorker, startProgram } from './primary-start.js';
import type { BearOrder, Order } from './primary-order.js';
import { Sockets } from './primary-sockets.js';
import { Words } from './primary-words.js';

const VARIABLE = 'MGR_PRIMARY';
/** ms without a child and without a daemon after which nobody will come any more. */
const LONELY = 60_000;

interface Held { readonly child: ChildProcess; readonly order: BearOrder; readonly fds: readonly number[]; readonly words: Words; ended?: Row }

const [socket = '', token = '', app = ''] = JSON.parse(process.env[VARIABLE] ?? '[]') as string[];
const held = new Map<string, Held>();
const cancelled = new Set<string>();
const sockets = new Sockets(process.execPath);
/** Asked to end by a signal: the machine goes down, or a daemon could not say it in words. */
let leaving = false;
const lonely = setInterval(() => { if (!link.up && idle()) process.exit(0); }, LONELY);
/** Orders are obeyed one after another: a socket is bound once. */
let queue = Promise.resolve();

const link = new Link(socket, token, {
  onWelcome() {
    for (const [t, h] of held) {
      link.tell({ c: { is: 'born', token: t, pid: h.child.pid } });
      h.words.again();
      if (h.ended) link.tell(h.ended);
    }
  },
  onLost() {
    // Told, but perhaps not heard: the note is for the daemon that comes.
    for (const [t, h] of held) if (h.ended) note(h); else relay(t, { c: { drain: 'alone' } });
    lonely.refresh();
    leaveIfAsked();
  },
  onRow(row) {
    if (typeof row['t'] === 'string') relay(row['t'], row);
    else if (typeof row['c'] === 'object' && row['c'] !== null) obey(row['c'] as Order);
  },
});

function obey(order: Order): void {
  switch (order.do) {
    case 'bear': queue = queue.then(() => bear(order)).catch((e: unknown) => fail(order.token, e)); return;
    case 'cancel': {
      const h = held.get(order.token);
      if (!h) cancelled.add(order.token);
      else if (!h.ended && h.child.pid !== undefined) kill(h.child.pid);
      return;
    }
    case 'known': {
      const h = held.get(order.token);
      if (!h?.ended) return;
      held.delete(order.token);
      for (const fd of h.fds) fs.closeSync(fd);
      return;
    }
    case 'end': sockets.close(); process.exit(0);
  }
}

async function bear(order: BearOrder): Promise<void> {
  const lent = await sockets.hold(order.listen);
  // Taken back before it was begun.
  if (cancelled.delete(order.token)) { fail(order.token, new Error('it was stopped')); return; }
  const fds: number[] = [];
  let stdin: number | undefined;
  try {
    for (const file of [order.out, order.err]) fds.push(fs.openSync(file, 'r+'));
    if (order.in !== undefined) stdin = fs.openSync(order.in, 'r+');
    // Spare ones let a Node program close its server and listen again (inherit.ts).
    const stdio = [stdin ?? 'ignore' as const, ...fds, ...lent, ...(order.node ? [...lent, ...lent] : [])];
    const child = order.worker ? forkWorker(order, stdio) : startProgram(order, stdio);
    if (child.pid === undefined) {
      child.once('error', (e) => fail(order.token, e));
      for (const fd of fds) fs.closeSync(fd);
      return;
    }
    // What it wrote last stays in the pipes until a daemon has read it: our descriptors keep them.
    follow(order, child, fds);
  } catch (e) {
    for (const fd of fds) fs.closeSync(fd);
    fail(order.token, e);
  } finally {
    if (stdin !== undefined) fs.closeSync(stdin);
  }
}

function follow(order: BearOrder, child: ChildProcess, fds: readonly number[]): void {
  const h: Held = { child, order, fds, words: new Words(order.token, link) };
  held.set(order.token, h);
  child.on('error', () => {}); // a signal or a message that did not reach it: its end is told by 'exit'
  child.on('exit', (code, signal) => {
    h.ended = { c: { is: 'exit', token: order.token, ...(code === null ? {} : { code }), ...(signal === null ? {} : { signal }) } };
    if (!link.tell(h.ended)) note(h);
    leaveIfAsked();
  });
  if (order.worker) {
    keepHandoffs(child);
    child.on('message', (m) => h.words.say({ m }));
    child.on('internalMessage' as 'message', (m: unknown) => {
      const { cmd, c, x } = m as { cmd?: unknown; c?: unknown; x?: unknown };
      if (cmd === 'NODE_MGR') h.words.say({ ...(c === undefined ? {} : { c }), ...(x === undefined ? {} : { x }) });
      else if (cmd === 'NODE_CLUSTER' && (m as { act?: unknown }).act === 'listening') h.words.say({ c: { listening: true } });
    });
  }
  link.tell({ c: { is: 'born', token: order.token, pid: child.pid } });
}

/** Nothing it started lives. */
function idle(): boolean { return [...held.values()].every((h) => h.ended); }

function leaveIfAsked(): void {
  if (!leaving || link.up || !idle()) return;
  sockets.close();
  process.exit(0);
}

function relay(to: string, row: Row): void {
  const child = held.get(to)?.child;
  if (!child?.connected) return;
  // Control messages go as node's own do: the program's process.on('message') does not see them.
  if ('m' in row) child.send(row['m'] as object, () => {});
  else if ('c' in row) child.send({ cmd: 'NODE_MGR', c: row['c'] }, () => {});
}

function fail(of: string, error: unknown): void {
  const { message, code } = error as NodeJS.ErrnoException;
  link.tell({ c: { is: 'failed', token: of, reason: message, ...(code === undefined ? {} : { code }) } });
}

function note(h: Held): void {
  const { code, signal } = (h.ended?.['c'] ?? {}) as { code?: number; signal?: string };
  try {
    fs.appendFileSync(h.order.note, `${JSON.stringify({ code, signal })}\n`, { mode: 0o600 });
  } catch { /* a full disk: the end is told when a daemon comes */ }
}

function kill(pid: number): void {
  try { process.kill(-pid, 'SIGKILL'); } catch { /* it is gone */ }
}

// Its end would be the end of every worker: a fault is told in the daemon's log and lived with.
process.on('uncaughtException', (e) => { fs.writeSync(2, `primary ${process.pid}: ${e.stack ?? e.message}\n`); });
for (const signal of ['SIGHUP', 'SIGINT'] as const) process.on(signal, () => {}); // meant for the program, if for anybody
process.on('SIGTERM', () => { leaving = true; leaveIfAsked(); });
process.title = `mgr primary ${app}`;
delete process.env[VARIABLE];
link.connect();
