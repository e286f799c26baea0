/** Entry of a module host: the only file of this room that knows the process. */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';
import { systemClock } from '../base/clock.js';
import { isMgrError, reasonOf } from '../base/errors.js';
import { bootId } from '../base/proc.js';
import { writeAll } from '../base/write-all.js';
import { HOST_STATES, hostGauge } from '../config/host-app.js';
import { openJobs } from '../jobs/jobs.js';
import { thisProgram } from '../sdk/program.js';
import { Sdk } from '../sdk/sdk.js';
import { hostActions, urlOf } from './api.js';
import { askTwice } from './check/ask.js';
import { composeHost, present, type Host } from './compose.js';
import { Notes } from './notes.js';
import { offer, offeredUrls } from './offers.js';
import { hostOptions, type HostOptions } from './options.js';
import { Resource } from './resources/resource.js';
import { installShims } from './resources/shims.js';
import type { HostLog, HostServer } from './server.js';
import { watchdog } from './watchdog.js';

const ours = createRequire(__filename);
/** As it was when this process began. */
const PARENT = process.ppid;
const CONNECTED = process.connected;
const log: HostLog = {
  debug: (...what) => { say(1, what); }, info: (...what) => { say(1, what); }, warn: (...what) => { say(2, what); }, error: (...what) => { say(2, what); },
};

void main();

async function main(): Promise<void> {
  try {
    const options = hostOptions(process.argv.slice(2), process.env, { cwd: process.cwd(), userHome: os.homedir() });
    // Relative paths of modules begin there, as the guide has it.
    process.chdir(options.dir);
    process.exit(await run(options));
  } catch (e) {
    log.error(`host: ${isMgrError(e) ? `${e.message}${e.hint === undefined ? '' : `\n  → ${e.hint}`}` : reasonOf(e)}`);
    process.exit(1);
  }
}

async function run(options: HostOptions): Promise<number> {
  const notes = new Notes({ dir: options.notes, instance: options.instance, boot: bootId(), now: () => systemClock.wall(), complain: (text) => { log.warn(`host: ${text}`); } });
  const sdk = new Sdk(thisProgram());
  const manager = composeHost({
    options, notes, clock: systemClock, pid: process.pid, log, logger: { debug: () => {}, info: (m) => { log.info(m); }, warn: (m) => { log.warn(m); }, error: (m) => { log.error(m); } },
    esm: { prepareEsm },
    announce: (server) => { process.server = server; offerOurs(server); },
    up: (host) => { up(host); },
  });
  const leave = (): void => {
    notes.leave(); // asked to end: not the fault of what is being loaded
    void manager.stop();
  };
  const up = (host: Host): void => {
    const { server, modules } = host;
    if (options.ask) { void tellAsked(host, urlOf(options.host, server.port)); return; }
    const actions = hostActions({ host, notes, options, pid: process.pid, restart: () => { setTimeout(leave, 100); } });
    for (const [name, handler] of Object.entries(actions)) sdk.action(name, handler);
    for (const state of HOST_STATES) sdk.metrics.gauge({ name: hostGauge(state), historic: false }, () => modules.rows.filter((r) => r.state === state).length);
    const count = modules.rows.filter((r) => r.state === 'loaded').length;
    log.info(`host: listening on ${urlOf(options.host, server.port)} (${options.env}, ${count === 1 ? '1 module' : `${count} modules`}${modules.failed.length === 0 ? '' : `, ${modules.failed.length} not loaded`})`);
    takeSettings(server, sdk);
    sdk.link.send('ready');
  };
  process.on('uncaughtException', (e) => { crash(e, notes); });
  process.on('exit', (code) => { ended(code, notes); });
  quietTypeless();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, leave);
  // A debugger stops the heart for as long as somebody thinks.
  if (!/--inspect/.test([...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].join(' '))) watchdog({ loadingFile: notes.loadingFile, hangFile: notes.hangFile });
  return (await manager.run({})).exitCode;
}

/** `process.exit()` calls this before it is over, so whoever called it stands in the stack. */
function ended(code: number, notes: Notes): void {
  // A worker of a cluster ends by itself when its primary is gone; nobody but the module that called stands in the stack.
  if (orphaned() && present.modules?.blame(new Error(), { sure: true }) === undefined) notes.leave();
  notes.ending(`it ended the process (exit code ${code}) while it was loaded`);
  present.storage?.ended(code);
  const { modules } = present;
  if (notes.leaving) return;
  const found = modules?.current === undefined ? modules?.blame(new Error()) : undefined;
  if (found === undefined) return;
  log.error(`host: ${found.at} ended the process (exit code ${code})`);
  modules?.crashed(found, `process.exit(${code})`);
}

/** Who started this process is gone, or has closed the channel to it. */
function orphaned(): boolean { return process.ppid !== PARENT || (CONNECTED && !process.connected); }

/** What nobody caught ends the process, as Node has it: told with its place, and counted where it is a module's. */
function crash(e: unknown, notes: Notes): never {
  // Who speaks to a parent that is gone fails, whatever is loaded at that time.
  const found = present.modules?.blame(e, { sure: notes.leaving || orphaned() });
  notes.leave(); // its end is known
  log.error(`host: uncaught error${found === undefined ? '' : ` in ${found.at}`}\n`, e instanceof Error ? e.stack ?? e.message : e);
  if (found) present.modules?.crashed(found, reasonOf(e));
  process.exit(1);
}

function takeSettings(server: HostServer, sdk: Sdk): void {
  const listen = (): void => { sdk.reloading.add((config, change) => { server.emit('config', config, change); }); };
  // Without a listener another setting is a restart, as for any program.
  if (server.listenerCount('config') > 0) listen();
  else server.on('newListener', function heard(event: string) { if (event === 'config') { server.off('newListener', heard); listen(); } });
}

async function tellAsked(host: Host, url: string): Promise<void> {
  fs.writeSync(3, JSON.stringify(await askTwice(host, url)));
  process.exit(0);
}

/** Our own packages are those that run, whatever lies in the folder. */
function offerOurs(server: HostServer): void {
  installShims();
  offer('mgr/host', () => ({ server, Resource, dataDir: (module?: string) => server.dataDirOf(module) }));
  for (const name of ['module', 'container']) offer(`mgr/${name}`, () => ours(path.join(__dirname, `${name}.cjs`)) as unknown, { url: pathToFileURL(path.join(__dirname, `${name}.mjs`)).href });
  // One worker for all of this process: `jobs` is the host's own, opened when it is first used.
  const jobs = new Proxy({}, {
    get(_, key) {
      if (typeof key === 'symbol' || key === 'then') return undefined; // who prints it or awaits it asks for these
      const value: unknown = Reflect.get(server.jobs, key);
      return typeof value === 'function' ? value.bind(server.jobs) as unknown : value;
    },
    has: (_, key) => key in server.jobs,
  });
  offer('mgr/jobs', () => ({ jobs, openJobs }));
}

function prepareEsm(): void {
  const file = path.join(__dirname, 'host-hooks.cjs');
  const typed = (process.features as { readonly typescript?: unknown }).typescript;
  (ours(file) as typeof import('./hooks.js')).installHooks({ urls: offeredUrls(), strip: typed === undefined || typed === false }, file);
}

/** A folder of drop-ins needs no package.json, whatever Node would like to read there. */
function quietTypeless(): void {
  const emit = process.emitWarning.bind(process) as (warning: string | Error, ...rest: unknown[]) => void;
  process.emitWarning = (warning: string | Error, ...rest: unknown[]): void => { if (!rest.flatMap((r) => (typeof r === 'object' && r !== null ? Object.values(r) : [r])).includes('MODULE_TYPELESS_PACKAGE_JSON')) emit(warning, ...rest); };
}

/** ms. So long a line waits for a reader of the log that does not read. */
const PATIENCE = 500;
const behind = new Set<1 | 2>();

// Synchronous: the last line before an end must not be lost. With a reader that stands still, Node keeps the lines.
function say(fd: 1 | 2, what: readonly unknown[]): void {
  const text = `${format(...what)}\n`;
  const stream = (): NodeJS.WriteStream => (fd === 1 ? process.stdout : process.stderr);
  const rest = behind.has(fd) && stream().writableLength > 0 ? text : writeAll(fd, text, PATIENCE);
  if (rest.length === 0) return;
  behind.add(fd);
  stream().write(rest);
}
