import { Command as Program, CommanderError, Option } from 'commander';
import { MgrError } from '../base/errors.js';
import { nearest } from '../base/nearest.js';
import { VERSION } from '../base/version.js';
import type { Wish } from './output.js';
import { VERBS } from './verbs.js';
import type { Verb } from './hot.js';
import type { Command, OptionRow, Options } from './world.js';

/**
 * The only file that knows commander. One command is built, not all: most of what a parser does at start is
 * describing commands nobody runs.
 * Throws BAD_USAGE and UNKNOWN_OPTION, never ends the process. `also`: options that are understood and mean nothing; `idle`
 * tells which of them were given.
 */
export function parseWords(verb: Verb, command: Command, words: readonly string[], also: readonly OptionRow[] = []): { args: readonly string[]; options: Options; wish: Wish; help?: string; idle?: readonly string[] } {
  const program = build(verb, command);
  const idle = also.flatMap((row) => hidden(program, row));
  try {
    program.parse([...words], { from: 'user' });
  } catch (e) {
    if (!(e instanceof CommanderError)) throw e;
    if (e.code === 'commander.helpDisplayed') return { args: [], options: {}, wish: {}, help: program.helpInformation() };
    throw told(e, program);
  }
  const { silent, color, ...options } = program.opts<Record<string, unknown>>();
  const wish: Wish = { ...(silent === true && { silent: true }), ...(color === false && { colour: false }) };
  return { args: program.args, options, wish, idle: idle.filter((o) => program.getOptionValueSource(o.attributeName()) === 'cli').map((o) => o.long ?? o.flags) };
}

export function commandHelp(verb: Verb, command: Command): string {
  return build(verb, command).helpInformation();
}

/** What `mgr` alone says. */
export function usage(): string {
  return 'usage: mgr <command> [options]\n\n  mgr start app.js     run a program and keep it running\n  mgr list             what runs\n  mgr logs             what it says\n  mgr --help           all commands\n';
}

/** `mgr --help`: every command by group. */
export function overview(columns = 100): string {
  const room = VERBS.reduce((w, v) => Math.max(w, v.name.length), 0);
  const groups = [...new Set(VERBS.map((v) => v.group))].map((group) => {
    const lines = VERBS.filter((v) => v.group === group).map((v) => {
      // PM2's longer names of the same are understood, and would only hide the others.
      const short = v.aliases.filter((a) => a.length <= 9);
      return `  ${v.name.padEnd(room)}  ${fold(`${v.summary}${short.length === 0 ? '' : `  (${short.join(', ')})`}`, Math.max(40, columns) - room - 5).join(`\n${' '.repeat(room + 4)}`)}`;
    });
    return `${group}\n${lines.join('\n')}`;
  });
  return [
    `mgr ${VERSION}: keeps programs running\n\nusage: mgr <command> [options]   (mgr <command> --help tells its options)`,
    ...groups,
    'Targets: all, a name, an id, a namespace or /regex/; several at once.\nGlobal: -s, --silent  no notices    --no-color    --no-daemon  the daemon in this terminal    -v, --version    -h, --help\nHome: $MGR_HOME, else ~/.mgr',
  ].join('\n\n') + '\n';
}

/** Broken at blanks. */
function fold(text: string, space: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last !== '' && last.length + 1 + word.length > space) lines.push(word);
    else lines[lines.length - 1] = lines.length === 1 && last === '' ? word : `${last} ${word}`;
  }
  return lines;
}

function build(verb: Verb, command: Command): Program {
  const program = new Program(`mgr ${verb.name}`);
  program.exitOverride().configureOutput({ writeOut: () => {}, writeErr: () => {} })
    .description(verb.summary).allowExcessArguments(false).allowUnknownOption(command.loose === true)
    .helpOption('-h, --help', 'this text');
  for (const part of command.args?.split(' ') ?? []) program.argument(part);
  for (const row of command.options ?? []) {
    const option = new Option(row.flags, row.summary);
    // Given twice the values are gathered; the first `undefined` is commander's "nothing yet".
    if (row.repeat === true) option.argParser((value: string, before: unknown) => [...(Array.isArray(before) ? before as unknown[] : []), value]);
    program.addOption(option.hideHelp(row.hidden === true));
  }
  const taken = (flag: string): boolean => program.options.some((o) => o.short === flag || o.long === flag);
  program.addOption(new Option(taken('-s') ? '--silent' : '-s, --silent', 'no notices'));
  if (!taken('--no-color')) program.addOption(new Option('--no-color', 'no colours'));
  return program;
}

// Where a letter or a word is the verb's own, the verb's own meaning counts.
function hidden(program: Program, row: OptionRow): Option[] {
  const { short, long } = new Option(row.flags);
  const free = (flag: string | undefined): boolean => flag !== undefined && !program.options.some((o) => o.short === flag || o.long === flag);
  if (!free(long)) return [];
  const option = new Option(free(short) || short === undefined ? row.flags : row.flags.replace(`${short}, `, '')).hideHelp();
  if (program.options.some((o) => o.attributeName() === option.attributeName())) return [];
  program.addOption(option);
  return [option];
}

// Commander's complaints in our shape. Its texts are stable and tested (test/cli/program.test.ts).
function told(e: CommanderError, program: Program): MgrError {
  const quoted = /'([^']*)'/.exec(e.message)?.[1] ?? '';
  const help = `\`${program.name()} --help\` tells the options`;
  // The sentence begins with `mgr: ` already.
  const verb = program.name().replace(/^mgr /, '');
  switch (e.code) {
    case 'commander.unknownOption': {
      const near = nearest(quoted, program.options.flatMap((o) => (o.long === undefined ? [] : [o.long])));
      return new MgrError('BAD_USAGE', { reason: `unknown option \`${quoted}\` of ${program.name()}`, flag: quoted, fix: near === undefined ? help : `did you mean \`${near}\`? ${help}` });
    }
    case 'commander.missingArgument':
      return new MgrError('BAD_USAGE', { reason: `${verb}: \`${quoted}\` is missing`, fix: `usage: ${program.name()} ${program.usage()}` });
    case 'commander.optionMissingArgument':
      return new MgrError('BAD_OPTION', { path: quoted, got: 'nothing', wanted: 'a value', fix: help });
    case 'commander.excessArguments':
      return new MgrError('BAD_USAGE', { reason: `${verb}: too many arguments`, fix: `usage: ${program.name()} ${program.usage()}` });
    default:
      return new MgrError('BAD_USAGE', { reason: e.message.replace(/^error: /, ''), fix: help });
  }
}
