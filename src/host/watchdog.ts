/**
 * Ends the process when its event loop gives no sign of life: an endless loop cannot be seen from inside it, so a thread
 * beside it counts its heartbeats. Whether a module was just being loaded stands in a note on disk; else the debugger of Node
 * tells in which line the loop is, and the next life counts it as a crash of that module.
 */
import { Worker } from 'node:worker_threads';

/** Looks of the thread at the heart, ms, and how many without a beat are the end: 10 s. Looks, not time: a process that was suspended missed none. */
const LOOK = 500;
const LOOKS = 20;

export interface WatchdogOptions {
  /** The note of what is loaded (notes.ts). */
  readonly loadingFile: string;
  /** Where the stack of a loop is left for the next life. */
  readonly hangFile: string;
  /** Default 20 looks. */
  readonly looks?: number;
}

/** Watches from now on; the returned function ends it. Keeps nothing alive. */
export function watchdog(o: WatchdogOptions): () => void {
  const beats = new Int32Array(new SharedArrayBuffer(4));
  const heart = setInterval(() => { Atomics.add(beats, 0, 1); }, LOOK / 2).unref();
  const thread = new Worker(CODE, {
    eval: true, execArgv: [], name: 'watchdog', workerData: { ...o, looks: o.looks ?? LOOKS, look: LOOK, beats, pid: process.pid },
    // Nothing in it needs more, and it lives as long as the host.
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1, codeRangeSizeMb: 8, stackSizeMb: 1 },
  });
  thread.unref();
  thread.on('error', (e) => { process.emitWarning(`the host is not watched for endless loops: ${e.message}`); });
  return () => { clearInterval(heart); void thread.terminate(); };
}

// A thread of Node has no file of its own in the bundle; this is all it does. Written to descriptor 2 itself: its own streams
// pass through the thread that hangs.
const CODE = `
const fs = require('node:fs');
const { workerData: d } = require('node:worker_threads');
let last = -1, missed = 0, over = false;
const urls = new Map();
const say = (text) => { try { fs.writeSync(2, 'host: ' + text + '\\n'); } catch {} };
const read = () => { try { return JSON.parse(fs.readFileSync(d.loadingFile, 'utf8')); } catch { return undefined; } };
const end = (stack) => {
  if (over) return;
  over = true;
  const note = read();
  const place = (stack ?? []).map((f) => '    at ' + (f.functionName || '<anonymous>') + ' (' + (f.url || urls.get(f.location.scriptId) || '') + ':' + (f.location.lineNumber + 1) + ':' + ((f.location.columnNumber ?? 0) + 1) + ')').filter((l) => !/\\(node:|\\/host\\.cjs:/.test(l));
  const seconds = d.looks * d.look / 1000;
  if (note) {
    say(note.file + ' is being loaded and gives no sign of life for ' + seconds + ' s: it is not loaded any more' + (place.length ? '\\n' + place.join('\\n') : ''));
    try { fs.writeFileSync(d.loadingFile, JSON.stringify({ ...note, end: 'no sign of life for ' + seconds + ' s while it was loaded' + (place.length ? ' (' + place[0].replace(/^.*\\((?:file:\\/\\/)?(.*):\\d+\\)$/, '$1') + ')' : '') })); } catch {}
  } else {
    say('no sign of life for ' + seconds + ' s, so this process ends' + (place.length ? '; it was in\\n' + place.join('\\n') : ''));
    if (place.length) try { fs.mkdirSync(require('node:path').dirname(d.hangFile), { recursive: true, mode: 0o700 }); fs.writeFileSync(d.hangFile, JSON.stringify({ stack: place.join('\\n') }), { mode: 0o600 }); } catch {}
  }
  process.kill(d.pid, 'SIGKILL');
};
const ask = () => {
  const { Session, url } = require('node:inspector');
  const session = new Session();
  session.connectToMainThread();
  session.on('Debugger.scriptParsed', (m) => { urls.set(m.params.scriptId, m.params.url); });
  session.on('Debugger.paused', (m) => end(m.params.callFrames));
  session.post('Debugger.enable');
  session.post('Debugger.pause');
};
setInterval(() => {
  const beat = Atomics.load(d.beats, 0);
  missed = beat === last ? missed + 1 : 0;
  last = beat;
  if (missed !== d.looks) return;
  setTimeout(end, 1000);
  try { ask(); } catch { end(); }
}, d.look);
`;
