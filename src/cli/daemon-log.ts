import fs from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { glance } from './log-history.js';
import { interruption } from './interrupt.js';
import { lineMaker } from './render/log-line.js';
import type { LogWish } from './log-wish.js';
import type { Cli } from './world.js';

/**
 * `mgr logs mgr`: the daemon's own log, read from its file, so that it can be read when there is no daemon to ask.
 */
export async function showDaemonLog(cli: Cli, wish: LogWish): Promise<number> {
  const file = cli.home.daemonLog;
  const make = lineMaker({ form: wish.form, colour: cli.out.colour, terminal: cli.out.columns !== undefined });
  const print = (text: string): void => {
    if (!wish.grep || wish.grep.test(text)) cli.out.answer(make({ id: 'mgr', name: 'mgr', stream: 'out', text }));
  };
  let offset = fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  for (const line of wish.lines === 0 ? [] : lastOf(file).slice(-wish.lines)) print(line);
  if (!wish.follow) return 0;
  const end = interruption(cli.world);
  const decoder = new StringDecoder('utf8');
  let carry = '';
  while (!end.hit) {
    const size = fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    if (size < offset) offset = 0;
    if (size > offset) {
      const lines = (carry + decoder.write(read(file, offset, size))).split('\n');
      carry = lines.pop() ?? '';
      offset = size;
      for (const line of lines) print(line);
    }
    await cli.world.sleep(100);
  }
  end.release();
  return 0;
}

function lastOf(file: string): readonly string[] {
  const { lines, part } = glance(file);
  return part === '' ? lines : [...lines, part];
}

function read(file: string, from: number, to: number): Buffer {
  const fd = fs.openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(to - from);
    return buffer.subarray(0, fs.readSync(fd, buffer, 0, buffer.length, from));
  } finally {
    fs.closeSync(fd);
  }
}
