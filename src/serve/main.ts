/** Entry of `mgr serve`: the static file server as a program of its own, managed like any other. */
import fs from 'node:fs';
import http from 'node:http';
import { errno, isMgrError, reasonOf } from '../base/errors.js';
import { fileHandler } from './handler.js';
import { type ServeOptions, serveOptions } from './options.js';

/** A connection on which nothing moves this long is closed, ms. */
const IDLE = 120_000;

main();

function main(): void {
  try {
    const asked = serveOptions(process.env, process.cwd());
    listen({ ...asked, root: realRoot(asked.root) });
  } catch (e) {
    fail(isMgrError(e) ? e.message : reasonOf(e));
  }
}

function listen(options: ServeOptions): void {
  const handler = fileHandler(options, (text) => say(2, text));
  const server = http.createServer(handler);
  server.timeout = IDLE;
  server.on('error', (e) => fail(`cannot listen on ${options.host} port ${options.port}: ${errno(e) === 'EADDRINUSE' ? 'the port is in use' : errno(e) === 'EACCES' ? 'ports below 1024 are root\'s' : reasonOf(e)}`));
  server.listen(options.port, options.host, () => {
    const at = server.address();
    const port = typeof at === 'object' && at !== null ? at.port : options.port;
    say(1, `serving ${options.root} on http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`);
    process.send?.('ready');
  });
  const end = (): void => {
    // Answers under way are finished; the manager's kill_timeout bounds that.
    server.close(() => process.exit(0));
    server.closeIdleConnections();
  };
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
}

function realRoot(root: string): string {
  const real = fs.realpathSync(root);
  if (!fs.statSync(real).isDirectory()) throw new Error(`${root} is not a directory`);
  return real;
}

function fail(why: string): never {
  say(2, `serve: ${why}`);
  process.exit(1);
}

// Synchronous: the last line before an exit must not be lost.
function say(fd: 1 | 2, text: string): void {
  fs.writeSync(fd, `${text}\n`);
}
