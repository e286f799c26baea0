// A test file that does not end holds back the report of all files after it; so does a program it left behind that holds its
// output open, for ever. Both are told of by name and ended, so that the run ends and says where it hung. Linux only (/proc).
import fs from 'node:fs';
import path from 'node:path';

const LIMIT = 240_000; // ms for one file
const AFTER = 10_000; // ms for what holds the output of a file that has ended
const LOOK = 40; // ms: short, so that no file ends unseen

/** `tell(text)` is called once for each file that hung, before its processes are killed. Gives the function that ends the watch. */
export function watchForHanging(files, tell) {
  const children = `/proc/self/task/${process.pid}/children`;
  if (!fs.existsSync(children)) return () => {};
  const known = new Map(); // pid -> { file, since, output, gone }
  const timer = setInterval(() => {
    const now = performance.now();
    const living = fs.readFileSync(children, 'latin1').trim().split(' ').map(Number);
    for (const pid of living) {
      if (known.has(pid)) continue;
      const file = files.find((f) => argsOf(pid).includes(f));
      if (file !== undefined) known.set(pid, { file, since: now, output: outputOf(pid), gone: undefined });
    }
    for (const [pid, k] of known) {
      if (!living.includes(pid)) k.gone ??= now;
      if (k.gone === undefined ? now - k.since < LIMIT : now - k.gone < AFTER) continue;
      known.delete(pid);
      const all = processes();
      const holders = all.filter((p) => p.pid !== process.pid && outputOf(p.pid).some((o) => k.output.includes(o)));
      if (holders.length === 0) continue;
      const what = k.gone === undefined ? `not done after ${LIMIT / 1000} s` : 'ended, and left programs that hold its output';
      tell([`${path.basename(k.file)}: ${what}`, ...family(holders, all).map((p) => `  ${p.pid} <- ${p.parent} ${p.state} ${p.args.join(' ').slice(0, 300)}`)].join('\n'));
      for (const p of holders) { try { process.kill(p.pid, 'SIGKILL'); } catch { /* it ended by itself */ } }
    }
  }, LOOK);
  timer.unref();
  return () => clearInterval(timer);
}

function processes() {
  return fs.readdirSync('/proc').filter((n) => /^\d+$/.test(n)).flatMap((n) => {
    try {
      const stat = fs.readFileSync(`/proc/${n}/stat`, 'latin1');
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return [{ pid: Number(n), parent: Number(parent), state, args: argsOf(n) }];
    } catch { return []; } // it ended meanwhile
  });
}

function argsOf(pid) {
  try { return fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0'); } catch { return []; }
}

/** What its standard output and error lead to: pipes and sockets, which are of nobody else. */
function outputOf(pid) {
  return [1, 2].flatMap((fd) => {
    try { return [fs.readlinkSync(`/proc/${pid}/fd/${fd}`)].filter((l) => /^(?:pipe|socket):/.test(l)); } catch { return []; }
  });
}

/** With all that descend from them: what a hung test waits for is mostly there. */
function family(some, all) {
  const found = new Set(some);
  for (const p of found) for (const c of all) if (c.parent === p.pid) found.add(c);
  return [...found];
}
