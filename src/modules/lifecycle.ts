import { spawn } from 'node:child_process';
import path from 'node:path';
import { MgrError } from '../base/errors.js';
import type { Report } from './report.js';

interface Package { readonly name: string; readonly version: string; readonly scripts: Readonly<Record<string, unknown>> }

/**
 * Runs one script of a package as npm does: by sh, in its folder, its own node_modules/.bin first on PATH. None of that
 * name: nothing. Throws SCRIPT_FAILED with the last line it said. It has no limit: a build takes as long as it takes, and
 * Ctrl-C reaches it.
 */
export async function runScript(dir: string, pkg: Package, event: string, env: Readonly<Record<string, string>>, report: Report): Promise<void> {
  const script = pkg.scripts[event];
  if (typeof script !== 'string' || script === '') return;
  report({ type: 'progress', step: 'script', text: `${event}: ${script}` });
  const bin = path.join(dir, 'node_modules', '.bin');
  const child = spawn('/bin/sh', ['-c', script], {
    cwd: dir,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...env, PATH: `${bin}:${env['PATH'] ?? ''}`, npm_lifecycle_event: event, npm_lifecycle_script: script, npm_package_name: pkg.name, npm_package_version: pkg.version, npm_package_json: path.join(dir, 'package.json'), INIT_CWD: dir, npm_node_execpath: process.execPath },
  });
  let said = '';
  const keep = (text: string): void => { said = (said + text).slice(-8000); };
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  const end = await new Promise<string | undefined>((resolve) => {
    child.once('error', (e) => resolve(e.message));
    child.once('close', (code, signal) => resolve(code === 0 ? undefined : `ended with ${signal ?? `code ${code}`}`));
  });
  if (end === undefined) return;
  const lines = said.trim().split('\n').filter((line) => line !== '').slice(-8);
  throw new MgrError('SCRIPT_FAILED', { event, name: pkg.name, reason: end, lines: lines.join('\n') });
}
