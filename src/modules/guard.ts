import fs from 'node:fs';
import path from 'node:path';
import { execFileSync } from 'node:child_process';
import { MgrError, reasonOf } from '../base/errors.js';
import { moduleData, moduleDoor } from '../base/module-door.js';
import type { Declared } from '../config/permissions.js';
import { runsNode } from '../config/runs-node.js';
import type { AppSpec, Guard } from '../config/spec.js';

interface Where {
  readonly module: string;
  /** As typed, for messages. */
  readonly spec: string;
  readonly home: string;
  /** The module and what it brought: `<modules>/<name>`, or the folder of a linked one. */
  readonly folder: string;
  /** Where its package.json lies: relative paths of the sandbox begin there. */
  readonly dir: string;
  readonly userHome: string;
}

/** What an app of a module is held to. Throws MODULE_BAD for an app that Node's permission model cannot hold. */
export function guardOf(declared: Declared | undefined, app: AppSpec, at: Where): Guard | undefined {
  if (declared === undefined) return undefined;
  const { rights, sandbox } = declared;
  if (sandbox === undefined) return { rights };
  const bad = (reason: string): MgrError => new MgrError('MODULE_BAD', { spec: at.spec, reason: `its app ${app.name} cannot be held in a sandbox (mgr.sandbox): ${reason}`, hint: 'Node holds programs of Node, in fork mode' });
  if (!runsNode(app)) throw bad(app.interpreter === 'none' ? 'it is no program of Node' : `it is run by ${path.basename(app.interpreter)}`);
  if (app.exec_mode === 'cluster') throw bad('it runs in cluster mode');
  // Node takes underscores for dashes; a file of variables or of a configuration may hold any option.
  const loose = app.interpreter_args.find((arg) => /^--(?:allow-|no-permission|no-experimental-permission|permission-audit|env-file|experimental-(?:default-)?config-file)/.test(arg.replaceAll('_', '-')));
  if (loose !== undefined) throw bad(`its node_args have ${loose}; mgr.permissions and mgr.sandbox say what it gets`);
  const full = (p: string): string => (/^~(?:\/|$)/.test(p) ? path.join(at.userHome, p.slice(1)) : path.resolve(at.dir, p));
  const [data, door] = [moduleData(at.home, at.module), moduleDoor(at.home, at.module)];
  const write = [data, ...sandbox.write.map(full)];
  // A file of its own could be anything, and is run before the sandbox is there.
  const own = both([at.folder, at.dir, ...write]);
  if (both([app.interpreter]).some((file) => own.some((dir) => `${file}/`.startsWith(`${dir}/`)))) throw bad(`it brings ${app.interpreter} along, which need not be Node`);
  // Who may read by the manager may read its logs where PM2's modules look for them.
  const logs = rights.includes('read') || rights.includes('control') ? [door, path.join(at.home, 'logs'), path.join(at.home, 'pm2.log')] : [];
  return { rights, sandbox: { read: both([at.folder, ...write, ...logs, ...sandbox.read.map(full)]), write: both(write), node: versionOf(app.interpreter, bad) } };
}

function versionOf(interpreter: string, bad: (reason: string) => MgrError): string {
  if (interpreter === process.execPath) return process.versions.node;
  try {
    const version = execFileSync(interpreter, ['--version'], { encoding: 'utf8', timeout: 10_000 }).trim().replace(/^v/, '');
    if (Number.parseInt(version, 10) < 20) throw new Error(`it is Node ${version}, and the permission model came with 20`);
    return version;
  } catch (e) {
    throw bad(`${interpreter}: ${reasonOf(e)}`);
  }
}

// Node looks at paths as they are given; programs know some by their links and some by where these lead.
function both(paths: readonly string[]): readonly string[] {
  return [...new Set(paths.flatMap((p) => [p, real(p)]))];
}

function real(p: string): string {
  try { return fs.realpathSync(p); } catch { return path.dirname(p) === p ? p : path.join(real(path.dirname(p)), path.basename(p)); /* not there yet */ }
}
