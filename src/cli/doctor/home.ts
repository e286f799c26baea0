import fs from 'node:fs';
import path from 'node:path';
import { errno, reasonOf } from '../../base/errors.js';
import { parseJson } from '../../base/json-text.js';
import { moduleDir } from '../../base/module-name.js';
import { randomHex } from '../../base/random.js';
import { showSize } from '../../base/units.js';
import type { Cli } from '../world.js';
import type { DaemonLook } from './daemon.js';
import type { Finding } from './finding.js';

const MEGABYTE = 1024 * 1024;
/** Below this the next log line or record may find no room. */
const LEAST = 16 * MEGABYTE;
const LITTLE = 512 * MEGABYTE;
/** A log file that nobody rotates. */
const LARGE_LOG = 1024 * MEGABYTE;

/** The folder, whose it is, and whether it can be written to. */
export function lookAtHome({ home, world }: Cli): readonly Finding[] {
  const stat = fs.statSync(home.dir, { throwIfNoEntry: false });
  if (stat === undefined) return [{ about: 'home', state: 'look', text: `${home.dir} does not exist: nothing was started here yet` }];
  const { uid, username } = world.machine();
  const mode = (stat.mode & 0o777).toString(8);
  const fix = `chmod 700 ${home.dir}`;
  const findings: Finding[] = [];
  if (!stat.isDirectory()) return [{ about: 'home', state: 'wrong', text: `${home.dir} is no folder` }];
  if (stat.uid !== uid && uid !== 0) return [{ about: 'home', state: 'wrong', text: `${home.dir} belongs to uid ${stat.uid}, you are ${username} (${uid})`, fix: 'use sudo -u <owner>, or another MGR_HOME' }];
  if ((stat.mode & 0o022) !== 0) findings.push({ about: 'home', state: 'wrong', text: `${home.dir} has mode ${mode}: others can change what is run`, fix });
  else if ((stat.mode & 0o044) !== 0) findings.push({ about: 'home', state: 'look', text: `${home.dir} has mode ${mode}: others can list it`, fix });
  else findings.push({ about: 'home', state: 'ok', text: `${home.dir}, mode ${mode}, of uid ${stat.uid}` });
  return [...findings, disk(home.dir), ...writing(home.dir)];
}

function disk(dir: string): Finding {
  const { bavail, bsize, blocks, files, ffree } = fs.statfsSync(dir);
  const free = bavail * bsize;
  const text = `${showSize(free)} free of ${showSize(blocks * bsize)}`;
  // Btrfs and others count no inodes.
  if (files > 0 && ffree === 0) return { about: 'disk', state: 'wrong', text: `${text}, and no inode is free: no file can be made`, fix: 'remove files' };
  if (free < LEAST) return { about: 'disk', state: 'wrong', text, fix: 'make room: mgr flush empties the logs' };
  return { about: 'disk', state: free < LITTLE && free < 0.1 * blocks * bsize ? 'look' : 'ok', text };
}

// Rights, a read-only mount and a quota are known by trying.
function writing(dir: string): readonly Finding[] {
  const file = path.join(dir, `.doctor-${randomHex(4)}`);
  try {
    fs.writeFileSync(file, Buffer.alloc(4096), { mode: 0o600, flag: 'wx' });
    return [];
  } catch (e) {
    return [{ about: 'disk', state: 'wrong', text: `cannot write in ${dir}: ${reasonOf(e)}`, fix: errno(e) === 'ENOSPC' ? 'make room: mgr flush empties the logs' : 'check owner, rights and mount of the folder' }];
  } finally {
    fs.rmSync(file, { force: true });
  }
}

/** What the daemon keeps: its state, the saved list, settings, logs and modules. */
export function lookAtFiles({ home, world }: Cli, { running }: DaemonLook): readonly Finding[] {
  const findings: Finding[] = [];
  for (const [about, file] of [['state', home.state], ['saved list', home.dump], ['settings', home.moduleConf]] as const) {
    const read = json(file);
    if (read.fault !== undefined) findings.push({ about, state: 'wrong', text: `${file}: ${read.fault}`, fix: fs.existsSync(`${file}.bak`) ? `the version before it is ${file}.bak` : 'correct it, or remove it and start anew' });
    else if (read.value !== undefined) findings.push({ about, state: 'ok', text: `${file} is readable` });
  }
  const line = tornLine(home.journal);
  if (line !== undefined) findings.push({ about: 'state', state: 'wrong', text: `${home.journal}: line ${line} cannot be read`, fix: 'the next daemon takes what stands before it and sets the file aside; mgr save keeps what runs now' });
  const broken = fs.readdirSync(home.dir).filter((f) => f.includes('.broken-') && !f.startsWith(path.basename(home.database)));
  if (broken.length > 0) findings.push({ about: 'state', state: 'look', text: `set aside earlier because they could not be read: ${broken.join(', ')}`, fix: 'look at them, then remove them' });
  findings.push(...logs(home.logs, home.daemonLog), ...modules(home.modules, json(home.moduleConf).value));
  const alone = running ? 0 : pids(home.pids).filter((pid) => world.alive(pid)).length;
  if (alone > 0) findings.push({ about: 'programs', state: 'wrong', text: `${alone} of them run, and no daemon looks after them`, fix: 'mgr list starts it, and it takes them over' });
  return findings;
}

// What has no line end yet is being written, or was when the machine stopped.
function tornLine(journal: string): number | undefined {
  try {
    const lines = fs.readFileSync(journal, 'utf8').split('\n').slice(0, -1);
    const torn = lines.findIndex((line) => !parseJson(line).ok);
    return torn < 0 ? undefined : torn + 1;
  } catch (e) {
    if (errno(e) === 'ENOENT') return undefined;
    throw e;
  }
}

function pids(dir: string): number[] {
  try {
    return fs.readdirSync(dir).map((f) => Number(fs.readFileSync(path.join(dir, f), 'utf8'))).filter((pid) => Number.isSafeInteger(pid) && pid > 1);
  } catch {
    return []; // no folder, no programs; other faults of the home are told by the look at it
  }
}

function json(file: string): { readonly value?: unknown; readonly fault?: string } {
  try {
    const parsed = parseJson(fs.readFileSync(file, 'utf8'));
    return parsed.ok ? { value: parsed.value } : { fault: `line ${parsed.line}, column ${parsed.column}: ${parsed.reason}` };
  } catch (e) {
    return errno(e) === 'ENOENT' ? {} : { fault: reasonOf(e) };
  }
}

function logs(dir: string, daemonLog: string): readonly Finding[] {
  let names: readonly string[];
  try {
    names = fs.readdirSync(dir);
  } catch (e) {
    return errno(e) === 'ENOENT' ? [] : [{ about: 'logs', state: 'wrong', text: `cannot list ${dir}: ${reasonOf(e)}` }];
  }
  const sizes = [daemonLog, ...names.map((n) => path.join(dir, n))].map((file) => ({ file, size: fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0 }));
  const total = sizes.reduce((sum, { size }) => sum + size, 0);
  const large = sizes.filter(({ size }) => size > LARGE_LOG).map(({ file, size }) => `${path.basename(file)} ${showSize(size)}`);
  if (large.length > 0) return [{ about: 'logs', state: 'look', text: `${showSize(total)} in ${dir}: ${large.join(', ')}`, fix: 'mgr flush empties them; `mgr set mgr:log_max_size 100M` has them rotated' }];
  return [{ about: 'logs', state: 'ok', text: `${names.length} files, ${showSize(total)}, in ${dir}` }];
}

function modules(dir: string, settings: unknown): readonly Finding[] {
  const installed = typeof settings === 'object' && settings !== null ? (settings as Readonly<Record<string, unknown>>)['module-db-v2'] : undefined;
  const names = typeof installed === 'object' && installed !== null ? Object.keys(installed) : [];
  const missing = names.filter((name) => !fs.existsSync(moduleDir(dir, name)));
  if (missing.length > 0) return missing.map((name) => ({ about: 'modules', state: 'wrong', text: `${name} is installed, but its folder ${moduleDir(dir, name)} is missing`, fix: `mgr install ${name} brings it back, mgr uninstall ${name} forgets it` }));
  return names.length === 0 ? [] : [{ about: 'modules', state: 'ok', text: names.join(', ') }];
}
