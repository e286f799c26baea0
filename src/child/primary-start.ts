import fs from 'node:fs';
import type { ChildProcess, ForkOptions, StdioOptions } from 'node:child_process';
import type { BearOrder } from './primary-order.js';

const cp = require('node:child_process') as typeof import('node:child_process');
type Stdio = readonly (number | 'ignore')[];

/**
 * A worker of node:cluster. Cluster itself forks with one set of settings for all, in its own session, and lays the
 * primary's environment under each worker's; so its fork is ours: every worker gets what its app asks for, from scratch,
 * and leads its own session as every managed process does.
 */
export function forkWorker(order: BearOrder, stdio: Stdio): ChildProcess {
  cluster ??= loadCluster();
  cluster.setupPrimary({ exec: order.script, args: [...order.args], execArgv: [...order.execArgv] });
  next = { order, stdio };
  const worker = cluster.fork();
  worker.on('error', () => {}); // the process tells it too
  if (next !== undefined) {
    worker.process.kill('SIGKILL');
    throw new Error(`this Node (${process.version}) does not let its cluster be started this way: use fork mode with \`listen\``);
  }
  return worker.process;
}

let cluster: typeof import('node:cluster').default | undefined;
let next: { readonly order: BearOrder; readonly stdio: Stdio } | undefined;

/** It keeps the fork it finds when it is loaded. */
function loadCluster(): typeof import('node:cluster').default {
  const { fork } = cp;
  cp.fork = ((file: string, args: readonly string[], options: ForkOptions) => {
    if (!next) throw new Error('nobody asked for a worker');
    const { order, stdio } = next;
    next = undefined;
    return fork(file, args, {
      ...options, ...identity(order), cwd: order.cwd, detached: true, execPath: order.file, stdio: [...stdio, 'ipc'] as StdioOptions,
      env: { ...order.env, NODE_UNIQUE_ID: options.env?.['NODE_UNIQUE_ID'] },
    });
  }) as typeof cp.fork;
  try {
    return require('node:cluster') as typeof import('node:cluster').default;
  } finally {
    cp.fork = fork;
  }
}

/** Any program, with the sockets at 3 and up as LISTEN_FDS has it. */
export function startProgram(order: BearOrder, stdio: Stdio): ChildProcess {
  const door = order.door === undefined ? undefined : fs.openSync(order.door, O_PATH | fs.constants.O_DIRECTORY | fs.constants.O_NOFOLLOW);
  try {
    const options = { ...identity(order), cwd: order.cwd, env: order.env, detached: true, windowsHide: true, stdio: [...stdio, ...(door === undefined ? [] : [door])] };
    if (order.node || order.listen.length === 0) return cp.spawn(order.file, [...order.execArgv, ...order.args], options);
    // LISTEN_PID must be the pid of the program itself, which only the process can know. What cannot be run is told before.
    fs.accessSync(order.cwd);
    fs.accessSync(order.file, fs.constants.X_OK);
    return cp.spawn('/bin/sh', ['-c', 'LISTEN_PID=$$ exec "$@"', 'sh', order.file, ...order.execArgv, ...order.args], options);
  } finally {
    if (door !== undefined) fs.closeSync(door);
  }
}

function identity(order: BearOrder): { uid?: number; gid?: number } {
  return { ...(order.uid === undefined ? {} : { uid: order.uid }), ...(order.gid === undefined ? {} : { gid: order.gid }) };
}

/** Linux, all architectures Node runs on; node:constants lacks it. */
const O_PATH = 0o10000000;
