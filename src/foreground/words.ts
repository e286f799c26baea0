import { MgrError } from '../base/errors.js';
import { parseWords } from '../cli/program.js';
import type { Command, Input, OptionRow } from '../cli/world.js';
import type { LineLook } from '../cli/render/log-line.js';

export type Form = LineLook['form'];

/** Words of a program of its own, read as those of a command. What follows `--` belongs to the started program. */
export async function readWords(program: string, words: readonly string[], options: readonly OptionRow[]): Promise<{ readonly input: Input } | { readonly help: string }> {
  const dashes = words.indexOf('--');
  const own = dashes < 0 ? words : words.slice(0, dashes);
  const command: Command = { args: '[what...]', options, run: () => Promise.reject(new Error('never run')) };
  const verb = { name: program.replace(/^mgr-/, ''), aliases: [], summary: '', group: 'Programs' as const, load: () => Promise.resolve(command) };
  try {
    const parsed = parseWords(verb, command, own);
    if (parsed.help !== undefined) return { help: parsed.help.replaceAll(`mgr ${verb.name}`, program) };
    return { input: { verb: 'start', args: parsed.args, options: parsed.options, ...(dashes >= 0 && { rest: words.slice(dashes + 1) }) } };
  } catch (e) {
    if (!(e instanceof MgrError)) throw e;
    const renamed = Object.fromEntries(Object.entries(e.data).map(([k, v]) => [k, typeof v === 'string' ? v.replaceAll(`mgr ${verb.name}`, program) : v]));
    throw new MgrError(e.code, renamed, e);
  }
}
