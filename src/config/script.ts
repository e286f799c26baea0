import path from 'node:path';
import { MgrError } from '../base/errors.js';
import { type Place, bad } from './declare.js';
import type { Settled } from './fields.js';
import { chooseInterpreter, type Interpreter, type Runtime } from './interpreter.js';
import type { Probe } from './probe.js';
import { SERVE } from './static.js';

/** What is run, and where. */
export interface Program extends Interpreter {
  readonly cwd: string;
  readonly exec_path: string;
  /** Arguments of the script, whole. */
  readonly scriptArgs: readonly string[];
}

export interface Around {
  /** Working directory of the caller. */
  readonly cwd: string;
  /** The config file, absolute, if any. */
  readonly file?: string;
  readonly runtime: Runtime;
  readonly probe: Probe;
}

/** The name of an app that was given none: the file name without its last extension; a shell line up to its last dot. */
export function defaultName(script: string, cwd: string, probe: Probe): string {
  const text = isLine(script, cwd, probe) ? script : path.basename(path.resolve(cwd, script));
  const dot = text.lastIndexOf('.');
  return (dot > 0 ? text.slice(0, dot) : text).trim();
}

const isLine = (script: string, cwd: string, probe: Probe): boolean => /\s/.test(script) && probe.look(path.resolve(cwd, script)).is === 'nothing';

/**
 * Finds the script: a file relative to the working directory, else a command in PATH, else (it holds a blank) a shell line.
 * Throws CWD_UNUSABLE, SCRIPT_NOT_FOUND, SCRIPT_UNREADABLE, INTERPRETER_NOT_FOUND.
 */
export function findProgram(name: string, o: Settled, around: Around, place: Place): Program {
  const { probe, runtime } = around;
  const script = o.script ?? bad(place, 'script', undefined, 'a file, a command in PATH or a shell line');
  const cwd = findCwd(name, o.cwd, script, around);
  const file = path.resolve(cwd, script);
  const look = probe.look(file);
  if (look.is === 'nothing' && !look.missing) throw new MgrError('SCRIPT_UNREADABLE', { name, script, reason: look.why });
  if (look.is === 'nothing' && script === SERVE && runtime.serve !== undefined) {
    return { interpreter: runtime.execPath, args: [], node: true, python: false, cwd, exec_path: runtime.serve, scriptArgs: o.args };
  }
  const exec = look.is !== 'nothing' ? file : script.includes('/') ? undefined : runtime.which(script);
  if (exec === undefined) return shellLine(name, o, cwd, script, file, runtime);
  if (look.is === 'directory' && o.interpreter === undefined && !['package.json', 'index.js'].some((f) => probe.look(path.join(exec, f)).is === 'file')) {
    throw new MgrError('SCRIPT_UNREADABLE', { name, script, reason: 'is a directory' });
  }
  const chosen = chooseInterpreter({ name, file: exec, cwd, explicit: o.interpreter ?? (look.is === 'directory' ? 'node' : undefined), runtime, probe });
  if (chosen.interpreter === 'none' ? !probe.executable(exec) : !probe.readable(exec)) {
    throw new MgrError('SCRIPT_UNREADABLE', { name, script, reason: chosen.interpreter === 'none' ? 'is not executable' : 'permission denied' });
  }
  return { ...chosen, cwd, exec_path: exec, scriptArgs: o.args };
}

function shellLine(name: string, o: Settled, cwd: string, script: string, file: string, runtime: Runtime): Program {
  // An interpreter that was asked for wants a file; only a shell can read the line of a shell.
  const shell = /\s/.test(script) && (o.interpreter === undefined || ['none', 'bash', 'sh'].includes(o.interpreter));
  if (!shell) throw new MgrError('SCRIPT_NOT_FOUND', { name, script, path: file });
  const exec = (o.interpreter === 'sh' ? undefined : runtime.which('bash')) ?? runtime.which('sh');
  if (exec === undefined) throw new MgrError('INTERPRETER_NOT_FOUND', { name, interpreter: 'sh' });
  // The word after the line is $0; arguments are $1 and on.
  const scriptArgs = ['-c', script, ...(o.args.length > 0 ? [path.basename(exec), ...o.args] : [])];
  return { interpreter: 'none', args: [], node: false, python: false, cwd, exec_path: exec, scriptArgs };
}

// Relative to where the command is run, as in PM2. What is not there is looked for beside the config file, so that
// `mgr start /srv/api/ecosystem.json` works from anywhere.
function findCwd(name: string, wanted: string | undefined, script: string, around: Around): string {
  const { probe } = around;
  const bases = [around.cwd, ...(around.file === undefined ? [] : [path.dirname(around.file)])];
  const dirs = bases.map((b) => path.resolve(b, wanted ?? '.'));
  const first = dirs[0] ?? around.cwd;
  const dir = wanted === undefined
    ? dirs.find((d) => probe.look(path.resolve(d, script)).is !== 'nothing') ?? first
    : dirs.find((d) => probe.look(d).is === 'directory') ?? first;
  const look = probe.look(dir);
  const reason = look.is === 'nothing' ? look.why : look.is !== 'directory' ? 'is not a directory' : probe.executable(dir) ? undefined : 'permission denied';
  if (reason !== undefined) throw new MgrError('CWD_UNUSABLE', { name, cwd: dir, reason });
  return dir;
}
