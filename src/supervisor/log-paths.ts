import { type Home, fileSafe } from '../base/paths.js';
import type { AppSpec } from '../config/spec.js';
import type { LogTarget } from '../logs/process-log.js';
import type { Who } from './launch/env.js';

export interface LogPaths {
  readonly out?: string;
  readonly err?: string;
  readonly all?: string;
}

/** Where a process writes its logs: PM2's names, `-<id>` before the ending unless merged (pm2-facts 2.2, 11). */
export function logPaths(spec: AppSpec, id: number, home: Home): LogPaths {
  if (spec.disable_logs) return {};
  const name = fileSafe(spec.name);
  const place = (given: string | undefined, fallback: string): string | undefined => {
    const file = given ?? `${home.logs}/${fallback}`;
    return file === 'NULL' || file === '/dev/null' ? undefined : spec.merge_logs ? file : withId(file, id);
  };
  const out = place(spec.out_file, `${name}-out.log`);
  const err = place(spec.error_file, `${name}-error.log`);
  const all = spec.log_file === undefined ? undefined : place(spec.log_file === true ? undefined : spec.log_file, `${name}.log`);
  return { ...(out === undefined ? {} : { out }), ...(err === undefined ? {} : { err }), ...(all === undefined ? {} : { all }) };
}

/** Where its output goes, and how it looks there. */
export function logTarget(s: AppSpec, id: number, home: Home): LogTarget {
  const limits = { maxSize: s.log_max_size, keep: s.log_keep, compress: s.log_compress, interval: s.log_rotate_interval };
  return { id, name: s.name, namespace: s.namespace, ...logPaths(s, id, home), type: s.log_type, date: s.log_date_format, limits };
}

/** As whom the next run of a process is born, under this declaration. */
export function nextOf({ id, instance, uniqueId, restarts }: Pick<Who, 'id' | 'instance' | 'uniqueId' | 'restarts'>, spec: AppSpec, home: Home): Who {
  return { id, instance, uniqueId, spec, restarts: restarts + 1, paths: logPaths(spec, id, home), pidPath: pidPath(spec, id, home) };
}

/** PM2 always puts the id into the pid file's name. */
export function pidPath(spec: AppSpec, id: number, home: Home): string {
  return withId(spec.pid_file ?? `${home.pids}/${fileSafe(spec.name)}.pid`, id);
}

function withId(file: string, id: number): string {
  const dot = file.lastIndexOf('.');
  // A dot in a folder's name or at the beginning of the file's is no ending.
  const at = dot > file.lastIndexOf('/') + 1 ? dot : file.length;
  return `${file.slice(0, at)}-${id}${file.slice(at)}`;
}
