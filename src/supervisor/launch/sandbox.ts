import path from 'node:path';
import type { AppSpec, Guard } from '../../config/spec.js';

/** Where our own files lie, which a program needs to begin, and the one it leaves its end in. */
export interface Ours { readonly preload: string; readonly note: string }

/**
 * Node's options for a module that asked for a sandbox; none for others. What stands here is all it gets: the model refuses
 * what is not named. Of the network Node knows since 25; before, connections cannot be refused, which `heldTo` tells.
 */
export function sandboxArgs({ guard, interpreter }: AppSpec, { preload, note }: Ours): readonly string[] {
  if (guard?.sandbox === undefined) return [];
  const { rights, sandbox } = guard;
  const major = majorOf(interpreter, sandbox.node);
  const root = path.dirname(path.dirname(preload));
  return [
    major < 24 ? '--experimental-permission' : '--permission',
    ...[path.join(root, 'dist'), path.join(root, 'package.json'), ...sandbox.read].map((p) => `--allow-fs-read=${p}`),
    ...[note, ...sandbox.write].map((p) => `--allow-fs-write=${p}`),
    ...(rights.includes('programs') ? ['--allow-child-process'] : []),
    ...(rights.includes('workers') ? ['--allow-worker'] : []),
    ...(rights.includes('native') ? ['--allow-addons'] : []),
    // Its way to us is a connection too: where nothing else needs one, the preload gives the right back when that stands.
    ...(major >= 25 ? ['--allow-net'] : []),
  ];
}

/** Its process gives the right to make connections back as soon as it is connected to us: it cannot come again to another daemon. */
export function dropsNetwork(spec: AppSpec): boolean {
  const { guard } = spec;
  return guard?.sandbox !== undefined && majorOf(spec.interpreter, guard.sandbox.node) >= 25 && !guard.rights.some((r) => r === 'network' || r === 'read' || r === 'control');
}

/** The variables that make a module's clients use its own door, and cannot be set otherwise. `door`: its folder. */
export function guardEnv(guard: Guard, env: Record<string, string>, door: string, inherited: Readonly<Record<string, string>>, drops: boolean): void {
  env['PM2_HOME'] = env['MGR_DOOR'] = door;
  // They would lead PM2's clients to another socket.
  for (const name of ['PM2_DAEMON_RPC_PORT', 'PM2_DAEMON_PUB_PORT']) delete env[name];
  if (guard.sandbox === undefined) return;
  // A module's own could say --allow-fs-read=*, or have the system load a library before Node begins.
  for (const name of Object.keys(env).filter((n) => LOOSENS.test(n))) delete env[name];
  for (const [name, value] of Object.entries(inherited)) if (LOOSENS.test(name)) env[name] = value;
  if (drops) env['MGR_DROP'] = 'net';
}

/** Options of Node, and what makes ld.so, glibc and OpenSSL load code. */
const LOOSENS = /^(?:NODE_OPTIONS$|LD_|DYLD_|GCONV_PATH$|OPENSSL_)/;

// The Node at this path may be another one than at the installation.
function majorOf(interpreter: string, installed: string): number {
  return Number.parseInt(interpreter === process.execPath ? process.versions.node : installed, 10);
}
