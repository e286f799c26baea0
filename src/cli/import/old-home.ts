import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { MgrError, errno, reasonOf } from '../../base/errors.js';
import type { Pm2Bag } from '../../config/pm2-record.js';

/** What a PM2 home holds, read and not touched. */
export interface OldHome {
  readonly dir: string;
  /** Entries of dump.pm2 (of its .bak, when that cannot be read). */
  readonly dump: readonly Pm2Bag[];
  readonly conf: Pm2Bag;
  /** Sentences: what could not be read. */
  readonly troubles: readonly string[];
}

/** Throws FILE_NOT_FOUND, BAD_USAGE. */
export function readOldHome(dir: string): OldHome {
  const troubles: string[] = [];
  if (!fs.existsSync(dir)) throw new MgrError('FILE_NOT_FOUND', { file: dir, fix: 'wanted: the home of PM2, e.g. mgr import-pm2 ~/.pm2' });
  const names = new Set(fs.readdirSync(dir));
  if (!['dump.pm2', 'dump.pm2.bak', 'module_conf.json', 'pm2.log', 'modules'].some((n) => names.has(n))) {
    throw new MgrError('BAD_USAGE', { reason: `import-pm2: ${dir} is no home of PM2: it has neither dump.pm2 nor module_conf.json`, fix: 'wanted: the folder in PM2_HOME, by default ~/.pm2' });
  }
  const conf = read(path.join(dir, 'module_conf.json'), troubles);
  return { dir, dump: dumpOf(dir, troubles), conf: isObject(conf) ? conf : {}, troubles };
}

function dumpOf(dir: string, troubles: string[]): readonly Pm2Bag[] {
  const file = path.join(dir, 'dump.pm2');
  const seen = troubles.length;
  const first = read(file, troubles);
  if (Array.isArray(first)) return first.filter(isObject);
  if (first !== undefined) troubles.push(`${file}: it holds no list of processes`);
  const backup = read(`${file}.bak`, troubles);
  if (!Array.isArray(backup)) {
    if (troubles.length === seen) troubles.push(`${file} is not there: \`pm2 save\` writes it; no app is taken over`);
    return [];
  }
  troubles.push(`${file} cannot be used: the apps of ${file}.bak are taken`);
  return backup.filter(isObject);
}

function read(file: string, troubles: string[]): unknown {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch (e) {
    if (errno(e) !== 'ENOENT') troubles.push(`${file}: ${reasonOf(e)}`);
    return undefined;
  }
}

/** Is a PM2 daemon alive in this home? Its clients ask in the same way: somebody takes the connection. */
export function isLiving(dir: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(path.join(dir, 'rpc.sock'));
    socket.once('connect', () => { socket.destroy(); resolve(true); });
    socket.once('error', (e) => resolve(errno(e) === 'EACCES'));
  });
}

const isObject = (v: unknown): v is Pm2Bag => typeof v === 'object' && v !== null && !Array.isArray(v);
