import path from 'node:path';
import { MgrError } from '../../base/errors.js';
import { finder, systemProbe } from '../../config/probe.js';
import type { AppSpec } from '../../config/spec.js';
import { toSpecs } from '../../config/validate.js';
import type { Web } from '../context.js';

/** One app as it would stand in a config file. Relative paths start at its `cwd`, else where its script lies. Throws BAD_OPTION, SCRIPT_NOT_FOUND and so on. */
export function specOf(web: Web, app: Readonly<Record<string, unknown>>): readonly AppSpec[] {
  const { env, username, uid, cpus, execPath, nodeVersion, dist } = web.around;
  const { specs } = toSpecs(app, {
    cwd: folderOf(app), env: ownless(env), user: { username, uid }, cpus, probe: systemProbe, strict: true,
    runtime: { execPath, version: nodeVersion, which: finder(env['PATH']), serve: path.join(dist, 'serve.cjs') },
  });
  return specs;
}

function folderOf({ cwd, script }: Readonly<Record<string, unknown>>): string {
  if (typeof cwd === 'string' && path.isAbsolute(cwd)) return cwd;
  if (cwd === undefined && typeof script === 'string' && path.isAbsolute(script)) return path.dirname(script);
  throw new MgrError('BAD_OPTION', { path: 'body', got: cwd === undefined ? `script ${JSON.stringify(script)} without \`cwd\`` : `cwd ${JSON.stringify(cwd)}`, wanted: 'an absolute `cwd`, or an absolute `script`', fix: 'this server knows nothing of your folder' });
}

/** The environment of whoever began this server, without what is about the server. */
export function ownless(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).flatMap(([k, v]) => (v === undefined || k.startsWith('MGR_WEB_') || OWN.has(k) ? [] : [[k, v] as const])));
}

const OWN = new Set(['MGR_CHANNEL', 'MGR_RUN', 'MGR_HOME', 'PM2_HOME', 'NODE_CHANNEL_FD', 'NODE_APP_INSTANCE', 'NODE_UNIQUE_ID', 'pm_id', 'unique_id', 'name', 'namespace']);
