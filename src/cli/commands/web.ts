import fs from 'node:fs';
import path from 'node:path';
import { MgrError } from '../../base/errors.js';
import { VERSION } from '../../base/version.js';
import type { Declared } from '../../config/declare.js';
import type { Outcome, ProcessView } from '../../protocol/views.js';
import { fromRecord } from '../../protocol/wire.js';
import { HOST, PORT, type WebOptions, portOf, varsOf } from '../../web/options.js';
import { readWebFile, webFile } from '../../web/tokens.js';
import { appFrom } from '../apps.js';
import { presentEnv } from '../env.js';
import { isOn, targetsOf, text } from '../values.js';
import type { Cli, Command, Options } from '../world.js';
import { openBrowser, runHere } from '../web-here.js';
import { launch } from './start.js';

const NAME = 'mgr-web';
/** `all` leaves it alone (supervisor/select.ts). */
const NAMESPACE = 'mgr';
/** Its status when trying again would not help (web/main.ts). */
const CANNOT = 78;
const LOOPBACK = /^(?:127\.|localhost$|::1$)/;

/** The dashboard: starts or finds its server, a supervised app, and prints the link to open. */
export const web: Command = {
  args: '[stop]',
  options: [
    { flags: '--port <port>', summary: `port (default ${PORT})` },
    { flags: '--host <address>', summary: `address to listen on (default ${HOST}; 0.0.0.0: every network)` },
    { flags: '--allow-host <names>', summary: 'names of a proxy before it, separated by commas' },
    { flags: '--metrics-open', summary: '/metrics asks for no token' },
    { flags: '--open', summary: 'open the link in a browser' },
    { flags: '--read-only-token', summary: 'the link of those who may look, not touch' },
    { flags: '--new-tokens', summary: 'other tokens: links given away are void' },
    { flags: '--foreground', summary: 'run it here until Ctrl-C, not as an app' },
    { flags: '--json', summary: 'JSON' },
  ],
  async run(cli, input) {
    const [verb] = targetsOf(input);
    if (verb === 'stop') return stop(cli);
    if (verb !== undefined) throw new MgrError('BAD_USAGE', { reason: `web: got \`${verb}\`, wanted nothing or stop`, fix: 'mgr web, or mgr web stop' });
    const wish = wishOf(input.options);
    if (wish.host !== undefined && !LOOPBACK.test(wish.host)) cli.out.notice(`mgr: on ${wish.host} everybody who reaches the port and has the admin token can run programs here, and what is sent is not encrypted; a tunnel (ssh -L) or a proxy with TLS is safer`);
    if (isOn(input.options, 'newTokens')) fs.rmSync(cli.home.web, { force: true });
    const { dist, execPath } = cli.world.machine();
    const script = path.join(dist, 'web.cjs');
    if (isOn(input.options, 'foreground')) {
      await cli.daemon();
      return runHere(cli, execPath, script, { ...presentEnv(cli), ...varsOf(whole(wish, undefined)), MGR_HOME: cli.home.dir }, () => tell(cli, input.options));
    }
    await up(cli, script, wish, isOn(input.options, 'newTokens'));
    return tell(cli, input.options);
  },
};

type Wish = Partial<WebOptions>;

function wishOf(options: Options): Wish {
  const [port, host, names] = [text(options, 'port'), text(options, 'host'), text(options, 'allowHost')];
  return {
    ...(port !== undefined && { port: portOf('--port', port) }), ...(host !== undefined && { host }),
    ...(names !== undefined && { names: names.split(',').map((n) => n.trim()).filter((n) => n !== '') }), ...(isOn(options, 'metricsOpen') && { metricsOpen: true }),
  };
}

/** What is not said stays as it was. */
function whole(wish: Wish, before: Readonly<Record<string, string>> | undefined): WebOptions {
  const was = before ?? {};
  return {
    port: wish.port ?? portOf('MGR_WEB_PORT', was['MGR_WEB_PORT'] ?? String(PORT)), host: wish.host ?? was['MGR_WEB_HOST'] ?? HOST,
    names: wish.names ?? was['MGR_WEB_NAMES']?.split(',') ?? [], metricsOpen: wish.metricsOpen ?? was['MGR_WEB_METRICS_OPEN'] === 'true',
  };
}

async function up(cli: Cli, script: string, wish: Wish, anew: boolean): Promise<void> {
  const daemon = await cli.daemon();
  const found = (await daemon.call('process.list', {})).processes.find((p) => p.name === NAME && p.namespace === NAMESPACE);
  const before = found && (await daemon.call('process.describe', { target: found.id }))[0]?.spec.env.declared;
  const vars = varsOf(whole(wish, before));
  const own = Object.entries(before ?? {}).filter(([k]) => k.startsWith('MGR_WEB_'));
  const same = before !== undefined && own.length === Object.keys(vars).length && own.every(([k, v]) => vars[k] === v);
  // Of another version it was left by an update of mgr.
  if (found?.status === 'online' && same && !anew && found.version === VERSION) return;
  const app: Declared = {
    name: NAME, namespace: NAMESPACE, script, cwd: cli.home.dir, wait_ready: true, listen_timeout: 20_000, stop_exit_codes: [CANNOT], vizion: false, env: vars,
  };
  const outcomes = await launch(cli, appFrom(cli, app, { verb: 'web', args: [], options: {} }), 'restart');
  const failed = outcomes.find((o) => !o.ok);
  if (failed && !failed.ok) throw await whyNot(cli, failed, found === undefined);
}

/** What it said itself is worth more than that it did not come up. */
async function whyNot(cli: Cli, failed: Extract<Outcome<ProcessView[]>, { ok: false }>, isNew: boolean): Promise<Error> {
  const daemon = await cli.daemon();
  const [detail] = await daemon.call('process.describe', { target: NAME }).catch(() => []);
  const said = (detail?.stderrTail ?? []).findLast((line) => line.startsWith('web: '))?.slice('web: '.length);
  // One that never ran need not stand in the list.
  if (isNew && detail) await daemon.call('process.delete', { targets: [detail.id] });
  return said === undefined ? fromRecord(failed.error) : new MgrError('BAD_USAGE', { reason: `the dashboard did not start: ${said}`, fix: said.includes('in use') ? 'mgr web --port <another>' : `mgr logs ${NAME} --nostream tells more` });
}

async function stop(cli: Cli): Promise<number> {
  const [outcome] = await (await cli.daemon()).call('process.delete', { targets: [NAME] }, { deadline: 0 });
  if (outcome && !outcome.ok) throw outcome.error.code === 'NOT_FOUND' ? new MgrError('BAD_USAGE', { reason: 'the dashboard does not run', fix: 'mgr web starts it' }) : fromRecord(outcome.error);
  cli.out.done('the dashboard was stopped');
  return 0;
}

async function tell(cli: Cli, options: Options): Promise<number> {
  const file = readWebFile(cli.home.web) ?? webFile(cli.home.web);
  const url = file.url ?? `http://${HOST}:${PORT}`;
  const readOnly = isOn(options, 'readOnlyToken');
  const link = `${url}/?token=${readOnly ? file.read : file.admin}`;
  if (isOn(options, 'json')) cli.out.answer(`${JSON.stringify({ url, link, access: readOnly ? 'read' : 'admin', token: readOnly ? file.read : file.admin, pid: file.pid })}\n`);
  else {
    cli.out.answer(`${link}\n`);
    cli.out.notice(readOnly ? 'mgr: who opens this link may look, not touch' : 'mgr: who opens this link may do everything; mgr web stop ends it');
  }
  if (isOn(options, 'open') && !(await openBrowser(link))) cli.out.notice('mgr: no browser could be started here; open the link yourself');
  return 0;
}
