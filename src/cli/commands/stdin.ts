import { deferred } from '../../base/deferred.js';
import { isMgrError } from '../../base/errors.js';
import { oneProcess } from '../one.js';
import { renderError } from '../render/error.js';
import { targetsOf } from '../values.js';
import { followLogs } from './logs.js';
import type { Cli, Command } from '../world.js';

/** One line to a program's standard input. Several words are one line, so that quotes may be forgotten. */
export const send: Command = {
  args: '<id> <line...>',
  loose: true,
  async run(cli, { args: [target = '', ...words], rest }) {
    const { id, name } = await oneProcess(cli, target, 'send');
    await (await cli.daemon()).call('process.stdin', { id, line: `${[...words, ...(rest ?? [])].join(' ')}\n` });
    cli.out.done(`[${name}](${id}) ✓`);
    return 0;
  },
};

/** ms. What a program answers to the last lines of a pipe comes after the end of that pipe. */
const LAST_WORDS = 500;

/**
 * Its logs here, our lines there. Ctrl-C, Ctrl-D or the end of a pipe lets go of it; the program runs on. `separator` ends
 * each line instead of a newline.
 */
export const attach: Command = {
  args: '<id> [separator]',
  options: [{ flags: '--lines <n>', summary: 'lines of its logs before the stream starts (default 0)' }],
  async run(cli, input) {
    const [target = '', separator = '\n'] = targetsOf(input);
    const { id, name } = await oneProcess(cli, target, 'attach');
    cli.out.notice(`mgr: attached to ${name} (${id}); Ctrl-C lets go of it, it runs on`);
    // What the program answers must find somebody who reads: no line goes to it before.
    const open = deferred<void>();
    const reading = followLogs(cli, [id], { raw: true, lines: input.options['lines'] ?? '0' }, () => open.resolve());
    return Promise.race([reading, open.promise.then(() => typing(cli, id, separator))]);
  },
};

async function typing(cli: Cli, id: number, separator: string): Promise<number> {
  let rest = '';
  for await (const part of cli.world.input()) {
    const lines = (rest + part).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) await write(cli, id, line + separator);
  }
  if (rest !== '') await write(cli, id, rest + separator);
  await cli.world.sleep(LAST_WORDS);
  return 0;
}

// A program that is down now may be up for the next line, and a daemon that died comes again: neither ends the session.
async function write(cli: Cli, id: number, line: string): Promise<void> {
  try {
    const caller = await cli.world.connect(cli.home);
    try {
      await caller.call('process.stdin', { id, line });
    } finally {
      caller.close();
    }
  } catch (e) {
    if (!isMgrError(e)) throw e;
    cli.out.problem(renderError(e));
  }
}
