import path from 'node:path';
import { MgrError } from '../../base/errors.js';
import { systemProbe } from '../../config/probe.js';
import { SERVE } from '../../config/static.js';
import { appFlags, appFrom } from '../apps.js';
import { bad, isOn, targetsOf, text } from '../values.js';
import type { Cli, Command, Options } from '../world.js';
import { report } from './outcome.js';
import { launch } from './start.js';

const DEFAULT_PORT = '8080';

/** Our own file server as an app like any other. The loopback address unless asked: PM2 opens the folder to the network. */
export const serve: Command = {
  args: '[path] [port]',
  get options() {
    return [
      { flags: '--port <port>', summary: `port (default ${DEFAULT_PORT})` },
      { flags: '--host <address>', summary: 'address to listen on (default 127.0.0.1; 0.0.0.0: every network)' },
      { flags: '--spa', summary: 'single-page app: unknown pages are answered with the home page' },
      { flags: '--ftp', summary: 'list folders that have no index.html' },
      { flags: '--directory', summary: 'the same as --ftp' },
      { flags: '--homepage <file>', summary: 'home page (default index.html)' },
      { flags: '--cors', summary: 'let pages of other sites read the files' },
      { flags: '--basic-auth-username <name>', summary: 'ask for this user name' },
      { flags: '--basic-auth-password <password>', summary: 'and this password (better: PM2_SERVE_BASIC_AUTH_PASSWORD in the environment)' },
      { flags: '--monitor [app]', summary: 'as PM2 has it; no effect' },
      { flags: '-f, --force', summary: 'a second one of the same name' },
      ...appFlags(),
    ];
  },
  async run(cli, input) {
    const [folder = '.', positional] = targetsOf(input);
    const port = portOf(text(input.options, 'port') ?? positional ?? cli.world.env['PM2_SERVE_PORT'] ?? DEFAULT_PORT);
    // Up when it listens, so that a port in use is said here.
    const app = { name: `static-page-server-${port}`, script: SERVE, wait_ready: true, env: { ...varsOf(cli, input.options), PM2_SERVE_PATH: folderAt(cli, folder), PM2_SERVE_PORT: port } };
    return report(cli, await launch(cli, appFrom(cli, app, { ...input, args: [] }), isOn(input.options, 'force') ? 'another' : 'restart'));
  },
};

function varsOf(cli: Cli, options: Options): Record<string, string> {
  const username = text(options, 'basicAuthUsername') ?? cli.world.env['PM2_SERVE_BASIC_AUTH_USERNAME'];
  const password = text(options, 'basicAuthPassword') ?? cli.world.env['PM2_SERVE_BASIC_AUTH_PASSWORD'];
  if ((username === undefined) !== (password === undefined)) {
    throw new MgrError('BAD_USAGE', { reason: `serve: got ${username === undefined ? '--basic-auth-password' : '--basic-auth-username'} alone`, fix: 'wanted: --basic-auth-username and --basic-auth-password' });
  }
  const host = text(options, 'host');
  const homepage = text(options, 'homepage');
  return {
    ...(isOn(options, 'spa') && { PM2_SERVE_SPA: 'true' }),
    ...((isOn(options, 'ftp') || isOn(options, 'directory')) && { PM2_SERVE_FTP: 'true' }),
    ...(isOn(options, 'cors') && { PM2_SERVE_CORS: 'true' }),
    ...(host !== undefined && { PM2_SERVE_HOST: host }),
    ...(homepage !== undefined && { PM2_SERVE_HOMEPAGE: homepage }),
    ...(username !== undefined && password !== undefined && { PM2_SERVE_BASIC_AUTH: 'true', PM2_SERVE_BASIC_AUTH_USERNAME: username, PM2_SERVE_BASIC_AUTH_PASSWORD: password }),
  };
}

function folderAt(cli: Cli, folder: string): string {
  const full = path.resolve(cli.world.cwd(), folder);
  const look = systemProbe.look(full);
  if (look.is === 'directory') return full;
  const fix = /^\d+$/.test(folder) ? `the folder comes first: mgr serve . ${folder}` : 'wanted: the folder to serve, e.g. mgr serve ./public 8080';
  throw new MgrError('BAD_USAGE', { reason: `serve: ${full} ${look.is === 'nothing' ? look.why : 'is not a directory'}`, fix });
}

function portOf(given: string): string {
  if (!/^\d{1,5}$/.test(given) || Number(given) > 65_535) throw bad('--port', given, 'a port, 0 to 65535');
  return given;
}
