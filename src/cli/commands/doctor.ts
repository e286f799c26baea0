import { isMgrError } from '../../base/errors.js';
import { paint } from '../output.js';
import { isOn } from '../values.js';
import { printable } from '../width.js';
import type { Cli, Command } from '../world.js';
import { lookAtDaemon } from '../doctor/daemon.js';
import { lookAtFiles, lookAtHome } from '../doctor/home.js';
import { lookAtHosts } from '../doctor/hosts.js';
import { lookAtStore } from '../doctor/store.js';
import type { Finding, State } from '../doctor/finding.js';

/**
 * What is wrong, in the order in which one thing is the cause of another: home, disk, daemon, its files, the store. Looks only:
 * no daemon is started and nothing is repaired. Exit status 1 when something is wrong; `look` is worth a glance and no fault.
 */
export const doctor: Command = {
  options: [{ flags: '--json', summary: 'as JSON' }],
  async run(cli, { options }) {
    const findings: Finding[] = [...await part('home', () => lookAtHome(cli))];
    if (!findings.some((f) => f.about === 'home' && f.state !== 'ok')) {
      const daemon = await lookAtDaemon(cli);
      findings.push(...daemon.findings, ...await part('files', () => lookAtFiles(cli, daemon)), ...await part('store', () => lookAtStore(cli)), ...await part('hosts', () => lookAtHosts(cli, daemon)));
    }
    const wrong = findings.filter((f) => f.state === 'wrong').length;
    if (isOn(options, 'json')) cli.out.answer(`${JSON.stringify({ ok: wrong === 0, findings }, undefined, 2)}\n`);
    else cli.out.answer(render(cli, findings, wrong));
    return wrong > 0 ? 1 : 0;
  },
};

// A look that itself fails (a file system that answers with errors) is a finding, not the end of the others.
async function part(about: string, look: () => readonly Finding[] | Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await look();
  } catch (e) {
    if (!isMgrError(e) && !(e instanceof Error && 'code' in e)) throw e;
    return [{ about, state: 'wrong', text: e.message }];
  }
}

const MARK: Readonly<Record<State, string>> = { ok: 'ok   ', look: 'look ', wrong: 'wrong' };

function render(cli: Cli, findings: readonly Finding[], wrong: number): string {
  const p = paint(cli.out.colour);
  const tint = { ok: p.green, look: p.yellow, wrong: p.red };
  const room = findings.reduce((w, f) => Math.max(w, f.about.length), 0);
  const lines = findings.flatMap((f) => [
    `${tint[f.state](MARK[f.state])}  ${f.about.padEnd(room)}  ${printable(f.text)}`,
    ...(f.fix === undefined || f.state === 'ok' ? [] : [`${' '.repeat(room + 9)}${p.dim(printable(f.fix))}`]),
  ]);
  return `${lines.join('\n')}\n\n${wrong === 0 ? 'nothing is wrong' : wrong === 1 ? '1 thing is wrong' : `${wrong} things are wrong`}\n`;
}
