import { runsNode } from '../../config/runs-node.js';
import type { AppSpec } from '../../config/spec.js';
import { sandboxArgs } from './sandbox.js';

export interface Command { readonly file: string; readonly args: readonly string[] }

/**
 * interpreter, its arguments, script, arguments. Node gets our preload (process.send over a socket that outlives
 * the daemon) and nothing else; source maps only where there is one to read.
 */
export function commandOf(spec: AppSpec, preload: string, hasSourceMap: boolean, note = ''): Command {
  if (spec.interpreter === 'none') return { file: spec.exec_path, args: spec.args };
  if (!runsNode(spec)) return { file: spec.interpreter, args: [...spec.interpreter_args, spec.exec_path, ...spec.args] };
  const maps = spec.source_map_support && hasSourceMap ? ['--enable-source-maps'] : [];
  const sandbox = sandboxArgs(spec, { preload, note });
  const ours = [...sandbox, '--require', preload];
  // What is no option ends Node's: a sandbox stands before anything its module has a say in.
  return { file: spec.interpreter, args: [...maps, ...(sandbox.length > 0 ? [...ours, ...spec.interpreter_args] : [...spec.interpreter_args, ...ours]), spec.exec_path, ...spec.args] };
}
