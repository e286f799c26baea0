import { compare } from '../../client/hello.js';
import { notesOf, renderList, renderMini, sortList, SORT_FIELDS } from '../render/list.js';
import type { DaemonView, ProcessView } from '../../protocol/views.js';
import { bad, isOn, text } from '../values.js';
import type { Cli, Command, OptionRow, Options } from '../world.js';

/** How the table is drawn, also by the commands that show it after their deed. */
export const LIST_FLAGS: readonly OptionRow[] = [
  { flags: '--sort <field[:asc|desc]>', summary: `order of the table by ${SORT_FIELDS.join(', ')}` },
  { flags: '-m, --mini-list', summary: 'key : value lines instead of the table' },
];

export const list: Command = {
  options: [
    ...LIST_FLAGS,
    { flags: '--watch', summary: 'draw again every second until Ctrl-C' },
  ],
  async run(cli, { options }) {
    const sort = sortOf(options);
    if (isOn(options, 'watch')) return watch(cli, options, sort);
    const { processes, daemon } = await (await cli.daemon()).call('process.list', {});
    const nothing = processes.length === 0 && cli.out.columns !== undefined;
    if (!nothing) cli.out.answer(draw(cli, processes, options, sort));
    cli.out.notice(notesOf(processes, daemon));
    if (nothing) cli.out.notice('mgr: nothing is managed yet\n  → mgr start app.js');
    tellVersion(cli, daemon);
    return 0;
  },
};

/** PM2's records. Nothing but JSON is ever on stdout, whatever the daemon had to be brought to first. */
export const jlist: Command = {
  options: [{ flags: '--show-secrets', summary: 'do not mask values that look like secrets' }],
  async run(cli, { options }) {
    const { text: json } = await (await cli.daemon()).call('process.jlist', isOn(options, 'showSecrets') ? { secrets: true } : {});
    cli.out.answer(json ?? '[]');
    return 0;
  },
};

/** The table after a command that changed something. */
export async function showList(cli: Cli, options: Options = {}): Promise<void> {
  const sort = sortOf(options);
  if (cli.out.silent) return;
  const { processes, daemon } = await (await cli.daemon()).call('process.list', {});
  cli.out.done(draw(cli, processes, options, sort));
  cli.out.notice(notesOf(processes, daemon));
}

/** A word on stderr when the daemon is of another version; PROTOCOL when its answers could be misread. */
export function tellVersion(cli: Cli, daemon: DaemonView): void {
  const notice = compare(daemon);
  if (notice !== undefined) cli.out.notice(`mgr: ${notice}`);
}

/** A wrong --sort is told before the deed, not after it. */
export function checkLook(options: Options): void { sortOf(options); }

interface Sort { readonly field: string; readonly down: boolean }

function sortOf(options: Options): Sort | undefined {
  const given = text(options, 'sort');
  if (given === undefined) return undefined;
  const [field = '', order = 'asc'] = given.split(':');
  if (!SORT_FIELDS.includes(field) || (order !== 'asc' && order !== 'desc')) throw bad('--sort', given, `one of ${SORT_FIELDS.join(', ')}, with :asc or :desc behind it`);
  return { field, down: order === 'desc' };
}

function draw(cli: Cli, processes: readonly ProcessView[], options: Options, sort: Sort | undefined): string {
  const rows = sort ? sortList(processes, sort.field, sort.down) : processes;
  const now = cli.world.now();
  return isOn(options, 'miniList') ? renderMini(rows, now) : renderList(rows, { columns: cli.out.columns, colour: cli.out.colour, now });
}

async function watch(cli: Cli, options: Options, sort: Sort | undefined): Promise<number> {
  const { interruption } = await import('../interrupt.js');
  const end = interruption(cli.world);
  const daemon = await cli.daemon();
  let first = true;
  while (!end.hit) {
    const { processes, daemon: view } = await daemon.call('process.list', {});
    const text = draw(cli, processes, options, sort);
    const notes = notesOf(processes, view);
    // A terminal shows one table, drawn over the one before line by line, so that nothing flickers; a pipe gets one after
    // the other.
    if (cli.out.columns === undefined) { cli.out.answer(text); cli.out.notice(notes); } else cli.out.answer(`${first ? '\u001b[H\u001b[2J' : '\u001b[H'}${(text + notes).replaceAll('\n', '\u001b[K\n')}\u001b[J`);
    first = false;
    for (let waited = 0; !end.hit && waited < 900; waited += 100) await cli.world.sleep(100);
  }
  end.release();
  return 0;
}
