import fs from 'node:fs';
import type { Socket } from 'node:net';
import { errno } from '../../base/errors.js';
import { secretRef } from '../../config/secrets.js';
import type { AppSpec } from '../../config/spec.js';

/** ms. A command that takes longer than this has failed. */
export const SECRET_TIMEOUT = 10_000;
/** Bytes. Linux takes no longer variable (128 KB), and a secret this long is a mistake. */
export const SECRET_MOST = 64 * 1024;

/** Why a secret could not be had: names the variable and the source, never what was read. */
export class SecretError extends Error {
  /** It may be had a second later. */
  readonly passing: boolean;

  constructor(reason: string, passing: boolean) {
    super(reason);
    this.passing = passing;
  }
}

type User = Pick<AppSpec, 'cwd' | 'uid' | 'gid' | 'user_home'>;

/** What runs a command: replaced in tests. Gives stdout; rejects with a SecretError. */
export type Runner = (file: string, args: readonly string[], user: User, env: Readonly<Record<string, string>>, ms: number) => Promise<Buffer>;

/**
 * The values of an app's secrets, all looked up side by side, anew for each spawn. They are read as the user the app runs
 * as: whoever may write that app's folder must not make root read a file for it. A command is run by `/bin/sh -c` exactly
 * as it is written, in the app's working directory with the app's variables. Line ends at the end are taken off, as a
 * shell does. Rejects with a SecretError.
 */
export async function resolveSecrets(spec: User & Pick<AppSpec, 'env'>, own: number | undefined, run: Runner = runProgram): Promise<Record<string, string>> {
  const around = { ...spec.env.inherited, ...spec.env.declared, ...(spec.user_home === undefined ? {} : { HOME: spec.user_home }), PWD: spec.cwd };
  const values = await Promise.all(Object.entries(spec.env.secrets ?? {}).map(async ([name, text]) => {
    const ref = secretRef(text);
    const what = ref.kind === 'file' ? ref.file : `its command (${program(ref.command)})`;
    try {
      if (ref.kind === 'cmd') return [name, textOf(await run('/bin/sh', ['-c', ref.command], spec, around, SECRET_TIMEOUT))] as const;
      const foreign = spec.uid !== undefined && spec.uid !== own;
      return [name, textOf(foreign ? await run('/bin/cat', ['--', ref.file], spec, { PATH: '/usr/bin:/bin' }, SECRET_TIMEOUT) : await readFile(ref.file))] as const;
    } catch (e) {
      if (e instanceof SecretError) throw new SecretError(`secret ${name}: ${what} ${e.message}`, e.passing);
      throw e;
    }
  }));
  return Object.fromEntries(values);
}

/** The same for a program that runs: as it was given them, where the system tells (Linux), else looked up anew. */
export async function secretsOf(pid: number, spec: User & Pick<AppSpec, 'env'>, own: number | undefined): Promise<Readonly<Record<string, string>>> {
  const names = Object.keys(spec.env.secrets ?? {});
  if (names.length === 0) return {};
  let text = '';
  try {
    text = fs.readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch { /* no Linux, or it is gone */ }
  const given = Object.fromEntries(text.split('\0').map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)] as const).filter(([name]) => names.includes(name)));
  // A program may write over its own (setproctitle).
  return names.every((name) => name in given) ? given : resolveSecrets(spec, own);
}

/** The first word of a command: the rest may hold what nobody should read. */
function program(command: string): string {
  const word = /^\s*(\S+)/.exec(command)?.[1] ?? '';
  return word.includes('=') || word.length > 60 ? 'sh' : word;
}

function textOf(bytes: Buffer): string {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/(?:\r?\n)+$/, '');
  } catch {
    throw new SecretError('gave something that is not UTF-8 text', false);
  }
  if (text === '') throw new SecretError('gave nothing', true);
  if (text.includes('\0')) throw new SecretError('gave a NUL character, which no variable can hold', false);
  return text;
}

/** A FIFO or a device would make us wait or never end: regular files only. */
async function readFile(file: string): Promise<Buffer> {
  let handle: fs.promises.FileHandle;
  try {
    handle = await fs.promises.open(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  } catch (e) {
    throw new SecretError(wordsOf(errno(e)), true);
  }
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new SecretError('is not a regular file', false);
    if (stat.size > SECRET_MOST) throw new SecretError(`is too long: ${stat.size} bytes, wanted at most ${SECRET_MOST}`, false);
    const buffer = Buffer.alloc(SECRET_MOST + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
      length += bytesRead;
      if (length > SECRET_MOST) throw new SecretError(`is too long, wanted at most ${SECRET_MOST} bytes`, false);
      if (bytesRead === 0) return buffer.subarray(0, length);
    }
  } catch (e) {
    throw e instanceof SecretError ? e : new SecretError(wordsOf(errno(e)), true);
  } finally {
    await handle.close();
  }
}

function wordsOf(code: string | undefined): string {
  switch (code) {
    case 'ENOENT': return 'does not exist';
    case 'EACCES': case 'EPERM': return 'may not be read (permission denied)';
    case undefined: default: return `cannot be read (${code ?? 'unknown reason'})`;
  }
}

/**
 * Runs `"$@"`. Descriptor 3 is held by us alone: when it ends without a word we have died, and nobody counts the command's
 * time any more, so its group ends.
 */
const GUARDED = '{ read -r _ <&3 || kill -KILL 0; } </dev/null >/dev/null & exec 3<&-; exec "$@"';

/** In a group of its own, so that at the end of its time all it started goes too. What it says on stderr goes nowhere: it may hold anything. */
const runProgram: Runner = (file, args, user, env, ms) => new Promise((resolve, reject) => {
  // Not loaded before it is needed: a daemon must answer first.
  const { spawn } = process.getBuiltinModule('node:child_process');
  const child = spawn('/bin/sh', ['-c', GUARDED, 'sh', file, ...args], {
    cwd: user.cwd, env, detached: true, stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
    ...(user.uid === undefined ? {} : { uid: user.uid }), ...(user.gid === undefined ? {} : { gid: user.gid }),
  });
  const parts: Buffer[] = [];
  let length = 0;
  const [, out, , held] = child.stdio as unknown as [null, Socket, null, Socket];
  held.on('error', () => {}).resume(); // the guard is gone with its group
  child.on('exit', () => held.end('\n'));
  const end = (outcome: Buffer | SecretError): void => {
    clearTimeout(timer);
    out.destroy();
    held.destroy();
    if (Buffer.isBuffer(outcome)) resolve(outcome); else reject(outcome);
  };
  /** Only while it has not ended: afterwards the number of its group may be somebody else's. */
  const stop = (why: SecretError): void => {
    if (child.pid !== undefined) { try { process.kill(-child.pid, 'SIGKILL'); } catch { /* it ended this moment */ } }
    end(why);
  };
  const timer = setTimeout(() => stop(new SecretError(`did not end within ${ms} ms`, true)), ms);
  out.on('data', (part: Buffer) => {
    length += part.length;
    parts.push(part);
    if (length > SECRET_MOST) stop(new SecretError(`gave too much, wanted at most ${SECRET_MOST} bytes`, false));
  });
  child.on('error', (e) => end(new SecretError(errno(e) === 'EPERM' ? `cannot be run as uid ${user.uid ?? 'of the daemon'}` : `cannot be run (${errno(e) ?? 'unknown reason'})`, true)));
  // `close`, not `exit`: what it wrote last is still to come.
  child.on('close', (code, signal) => end(code === 0 ? Buffer.concat(parts) : new SecretError(endWords(file, code, signal), true)));
});

function endWords(file: string, code: number | null, signal: string | null): string {
  if (signal !== null) return `was ended by ${signal}`;
  if (file === '/bin/cat') return 'may not be read by the user the app runs as, or does not exist';
  if (code === 127) return 'names a program that does not exist (exit code 127)';
  return `ended with exit code ${code ?? 'unknown'}`;
}
