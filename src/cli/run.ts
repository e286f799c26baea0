import { MgrError, isMgrError } from '../base/errors.js';
import { nearest } from '../base/nearest.js';
import { homeFrom } from '../base/paths.js';
import type { Home } from '../base/paths.js';
import { VERSION } from '../base/version.js';
import { makeOutput, paint } from './output.js';
import type { Output, Wish } from './output.js';
import { exitOf, renderError } from './render/error.js';
import { steady } from './steady.js';
import { hotVerb } from './hot.js';
import type { Verb } from './hot.js';
import type { Caller, Cli, Command, Input, World } from './world.js';

/**
 * One command from its words to its exit status: 0 done, 1 anything else (PM2 knows no other status).
 * Never rejects but when stdout is gone (EPIPE), which the caller knows to mean a quiet end.
 */
export async function runCli(world: World): Promise<number> {
  let out = makeOutput(world.stdout, world.stderr, world.env, {});
  try {
    const hot = hotVerb(world.argv);
    const split = hot ? { verb: hot, words: [], rest: undefined } : splitWords(world.argv, (await import('./verbs.js')).findVerb);
    if ('unknown' in split) return await throwUnknown(split.unknown);
    if ('ask' in split) return await answerHelp(split.ask, split.words, world, out);
    const { verb, words, rest } = split;
    const command = await verb.load();
    const parsed = await parse(verb, command, words);
    out = makeOutput(world.stdout, world.stderr, world.env, parsed.wish);
    for (const flag of parsed.idle ?? []) out.notice(`mgr: \`${flag}\` means nothing to \`mgr ${verb.name}\`, it is left out`);
    const { help } = parsed;
    if (help !== undefined) return await withCli(world, out, async (cli) => { out.answer(`${help}${await command.more?.(cli, words) ?? ''}`); return 0; });
    const input: Input = { verb: verb.name, args: parsed.args, options: parsed.options, ...(rest && { rest }) };
    return await withCli(world, out, (cli) => command.run(cli, input));
  } catch (e) {
    if (isClosedPipe(e)) throw e;
    const mute = paint(world.stderr.tty && out.colour);
    out.problem(renderError(e, mute.dim));
    return exitOf(e);
  }
}

interface Parsed { readonly args: readonly string[]; readonly options: Input['options']; readonly wish: Wish; readonly help?: string; readonly idle?: readonly string[] }

// Without a flag there is nothing to parse: commander costs as much as everything else the command line does.
async function parse(verb: Verb, command: Command, words: readonly string[]): Promise<Parsed> {
  if (words.every((w) => !w.startsWith('-')) && fits(words.length, command.args ?? '')) return { args: words, options: {}, wish: {} };
  const { parseWords } = await import('./program.js');
  try {
    return parseWords(verb, command, words);
  } catch (e) {
    const flag = isMgrError(e) ? e.data['flag'] : undefined;
    if (typeof flag !== 'string') throw e;
    // PM2 takes each of its options at each of its commands, and scripts rely on it (`pm2 delete all --force`).
    const { pm2Flags } = await import('./pm2-words.js');
    const flags = pm2Flags(flag);
    if (!flags) throw e;
    return parseWords(verb, command, words, flags);
  }
}

/** Is this a number of words that `<needed> [more] [others...]` asks for? */
function fits(count: number, args: string): boolean {
  const parts = args === '' ? [] : args.split(' ');
  return count >= parts.filter((p) => p.startsWith('<')).length && (count <= parts.length || parts.some((p) => /\.\.\.[\]>]$/.test(p)));
}

/** The reader of our stdout went away (`mgr logs | head`): nothing went wrong. */
export function isClosedPipe(e: unknown): boolean {
  return typeof e === 'object' && e !== null && 'code' in e && e.code === 'EPIPE' && 'syscall' in e && e.syscall === 'write';
}

function withCli(world: World, out: Output, run: (cli: Cli) => Promise<number>): Promise<number> {
  let open: Promise<Caller> | undefined;
  let home: Home | undefined;
  const cli: Cli = {
    world,
    out,
    verbs: async () => (await import('./verbs.js')).VERBS,
    get home() { return home ??= homeFrom(world.env, world.userHome()); },
    daemon() {
      return open ??= steady(() => world.ensure(cli.home, (text) => out.notice(text)), async (caller) => {
        const { greet } = await import('../client/greet.js');
        await greet(caller, cli.home, { wait: 2000, busy: (text) => out.notice(text) });
      });
    },
  };
  // The connection ends with the process: closing a socket makes Node build process.stderr, which costs half a millisecond.
  return run(cli);
}

type Split =
  | { readonly unknown: string }
  | { readonly verb: Verb; readonly words: readonly string[]; readonly rest?: readonly string[] }
  | { readonly ask: 'help' | 'usage' | 'version'; readonly words: readonly string[] };

// Flags whose value may well be the name of a command: `mgr --name list start app.js`.
const NAMING: ReadonlySet<string> = new Set(['-n', '--name', '--namespace', '--env', '--only', '--cwd']);

/**
 * Finds the verb; flags may stand before it (`mgr -s jlist`, `mgr -n api start app.js`). What follows `--` belongs to the
 * started program.
 */
function splitWords(argv: readonly string[], findVerb: (word: string) => Verb | undefined): Split {
  const dashes = argv.indexOf('--');
  const own = dashes < 0 ? argv : argv.slice(0, dashes);
  for (const [i, word] of own.entries()) {
    const before = own[i - 1];
    if (word.startsWith('-') || (before !== undefined && NAMING.has(before))) continue;
    const verb = findVerb(word);
    if (verb) return { verb, words: [...own.slice(0, i), ...own.slice(i + 1)], ...(dashes >= 0 && { rest: argv.slice(dashes + 1) }) };
    if (word === 'help') return { ask: 'help', words: own.slice(i + 1) };
    // Perhaps the value of the flag before it.
    if (before?.startsWith('-')) continue;
    return { unknown: word };
  }
  if (own.some((w) => w === '--version' || w === '-v' || w === '-V')) return { ask: 'version', words: [] };
  if (own.some((w) => w === '--help' || w === '-h')) return { ask: 'help', words: [] };
  const flag = own.find((w) => w.startsWith('-'));
  if (flag !== undefined) throw new MgrError('UNKNOWN_OPTION', { path: flag });
  return { ask: 'usage', words: [] };
}

async function throwUnknown(word: string): Promise<never> {
  const { pm2Word } = await import('./pm2-words.js');
  const known = pm2Word(word);
  if (known) throw known;
  const { allWords } = await import('./verbs.js');
  const near = nearest(word, allWords());
  throw new MgrError('BAD_USAGE', {
    reason: `unknown command \`${word}\``,
    fix: near === undefined ? '`mgr --help` lists the commands' : `did you mean \`mgr ${near}\`? \`mgr --help\` lists the commands`,
  });
}

async function answerHelp(ask: 'help' | 'usage' | 'version', words: readonly string[], world: World, out: Output): Promise<number> {
  if (ask === 'version') { out.answer(`${VERSION}\n`); return 0; }
  const { commandHelp, overview, usage } = await import('./program.js');
  if (ask === 'usage') { out.problem(usage()); return 1; }
  const word = words.find((w) => !w.startsWith('-'));
  if (word === undefined) { out.answer(overview(world.stdout.columns())); return 0; }
  const { findVerb } = await import('./verbs.js');
  const verb = findVerb(word);
  if (!verb) return throwUnknown(word);
  out.answer(commandHelp(verb, await verb.load()));
  return 0;
}
