import fs from 'node:fs';
import net from 'node:net';
import { alive, startTime } from '../base/proc.js';
import type { Home } from '../base/paths.js';

/** ms a PM2 daemon is given to stop what it started. */
const PATIENCE = 8000;

/**
 * A module's own pm2 client that finds nobody (our daemon has just died) starts a real PM2 daemon in our home, which
 * takes the sockets and starts the modules a second time. Whoever holds the home's lock is its daemon: the guest is
 * asked to end in its own orderly way (SIGTERM: it stops what it started), and the sockets are ours again.
 * Call with the lock held and before the pid file is written: the guest's pid stands there.
 */
export async function takeHomeBack(home: Home, say: (text: string) => void): Promise<void> {
  if (!(await answers(home.rpcSocket)) && !(await answers(home.pubSocket))) return;
  const pid = guestPid(home);
  if (pid === undefined) say(`somebody answers on ${home.rpcSocket} without being this home's daemon: the socket is taken back`);
  else {
    say(`a PM2 daemon (pid ${pid}) has come into this home: asking it to end`);
    const start = startTime(pid);
    process.kill(pid, 'SIGTERM');
    for (const end = performance.now() + PATIENCE; alive(pid, start) && performance.now() < end;) await new Promise((r) => { setTimeout(r, 20); });
    if (alive(pid, start)) process.kill(pid, 'SIGKILL');
  }
  for (const socket of [home.rpcSocket, home.pubSocket]) fs.rmSync(socket, { force: true });
}

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const conn = net.connect(socket);
    conn.once('connect', () => { conn.destroy(); resolve(true); });
    conn.once('error', () => resolve(false)); // nobody, or a stale file: binding replaces it
  });
}

/** The pid in the home's pid file, if that is a PM2 daemon of this home by its title ("PM2 v7.0.4: God Daemon (/home)"). */
function guestPid(home: Home): number | undefined {
  try {
    const pid = Number(fs.readFileSync(home.pidFile, 'utf8'));
    const title = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return pid > 1 && title.includes('God Daemon') && title.includes(home.dir) ? pid : undefined;
  } catch {
    return undefined; // no such file or process
  }
}
