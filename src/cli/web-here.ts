import { spawn } from 'node:child_process';
import type { Cli } from './world.js';

/** Runs the server in this terminal; `ready` when it listens. Its exit status. */
export function runHere(cli: Cli, node: string, script: string, env: Readonly<Record<string, string>>, ready: () => Promise<unknown>): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(node, [script], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], env });
    // Ctrl-C reaches it too, being of our group; a SIGTERM is for us alone.
    const release = cli.world.onInterrupt(() => { child.kill('SIGTERM'); });
    child.once('message', () => {
      // It need not keep the channel: what it would say is on its own streams.
      child.disconnect();
      ready().catch(reject);
    });
    child.once('error', (e) => { release(); reject(e); });
    child.once('exit', (code) => { release(); resolve(code ?? 1); });
  });
}

/** False where there is none. */
export function openBrowser(link: string): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(process.platform === 'darwin' ? 'open' : 'xdg-open', [link], { stdio: 'ignore', detached: true });
    child.once('error', () => resolve(false));
    child.once('spawn', () => { child.unref(); resolve(true); });
  });
}
