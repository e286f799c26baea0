import path from 'node:path';
import type { AppSpec } from '../../config/spec.js';
import { sandboxArgs } from './sandbox.js';

export interface Command { readonly file: string; readonly args: readonly string[] }

/** Is the app run by Node itself, so that the message channel can be preloaded? */
export function runsNode(spec: Pick<AppSpec, 'interpreter'>): boolean {
  return /^node(js)?(\d+)?(\.exe)?$/.test(path.basename(spec.interpreter));
}

/**
 * interpreter, its arguments, script, arguments. Node gets our preload (process.send over a socket that outlives
 * the daemon) and nothing else; source maps only where there is one to read.
 */
export function commandOf(spec: AppSpec, preload: string, hasSourceMap: boolean, note = ''): Command {
  if (spec.interpreter === 'none') return { file: spec.exec_path, args: spec.args };
  if (!runsNode(spec)) return { file: spec.interpreter, args: [...spec.interpreter_args, spec.exec_path, ...spec.args] };
  const maps = spec.source_map_support && hasSourceMap ? ['--enable-source-maps'] : [];
  return { file: spec.interpreter, args: [...maps, ...spec.interpreter_args, ...sandboxArgs(spec, { preload, note }), '--require', preload, spec.exec_path, ...spec.args] };
}
