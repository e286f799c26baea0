import fs from 'node:fs';
import net from 'node:net';
import { isMgrError, reasonOf } from '../../base/errors.js';
import { showSpan } from '../../base/units.js';
import { VERSION } from '../../base/version.js';
import type { Caller, Cli } from '../world.js';
import type { Finding } from './finding.js';

export interface DaemonLook { readonly running: boolean; readonly findings: readonly Finding[] }

/** Who answers in this home, and whether its sockets are what they should be. */
export async function lookAtDaemon(cli: Cli): Promise<DaemonLook> {
  const { greet } = await import('../../client/greet.js');
  let caller: Caller | undefined;
  try {
    caller = await cli.world.connect(cli.home);
    const d = await greet(caller, cli.home);
    const who = `version ${d.version}, pid ${d.pid}, up ${showSpan(cli.world.now() - d.startedAt)}`;
    const daemon: Finding = d.version === VERSION
      ? { about: 'daemon', state: 'ok', text: who }
      : { about: 'daemon', state: 'look', text: `${who}; this command is ${VERSION}`, fix: 'mgr update replaces the daemon and touches no program' };
    const notices = d.notices.map((text): Finding => ({ about: 'daemon', state: /is not (?:written|saved)/.test(text) ? 'wrong' : 'look', text }));
    return { running: true, findings: [daemon, ...notices, ...await sockets(cli)] };
  } catch (e) {
    if (isMgrError(e) && e.code === 'DAEMON_DOWN') return { running: false, findings: [{ about: 'daemon', state: 'ok', text: 'not running; any command but `kill` starts it' }] };
    if (!isMgrError(e)) throw e;
    return { running: true, findings: [{ about: 'daemon', state: 'wrong', text: e.message, ...(e.hint !== undefined && { fix: e.hint }) }] };
  } finally {
    caller?.close();
  }
}

async function sockets({ home }: Cli): Promise<Finding[]> {
  const fix = 'mgr update makes it anew';
  const found = await Promise.all(([['rpc.sock', home.rpcSocket], ['pub.sock', home.pubSocket], ['child.sock', home.childSocket]] as const).map(async ([name, file]): Promise<Finding | undefined> => {
    const stat = fs.statSync(file, { throwIfNoEntry: false });
    if (stat === undefined) return { about: 'sockets', state: 'wrong', text: `${file} is missing`, fix };
    if ((stat.mode & 0o077) !== 0) return { about: 'sockets', state: 'wrong', text: `${file} has mode ${(stat.mode & 0o777).toString(8)}: others can reach the daemon`, fix: `chmod 600 ${file}` };
    const fault = await refused(file);
    return fault === undefined ? undefined : { about: 'sockets', state: 'wrong', text: `${name}: ${fault}`, fix };
  }));
  const wrong = found.filter((f) => f !== undefined);
  return wrong.length > 0 ? wrong : [{ about: 'sockets', state: 'ok', text: 'rpc, pub and child answer' }];
}

/** ms for a socket to take a connection. */
const ANSWER = 2000;

function refused(file: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = net.connect(file);
    const end = (fault?: string): void => { socket.destroy(); resolve(fault); };
    socket.setTimeout(ANSWER, () => { end(`takes no connection within ${ANSWER} ms`); });
    socket.once('connect', () => { end(); }).once('error', (e) => { end(reasonOf(e)); });
  });
}
