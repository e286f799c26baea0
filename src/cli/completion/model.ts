import type { Verb } from '../hot.js';
import type { Command } from '../world.js';

/**
 * What the shells are told, made from the table of verbs and the options of each: nothing is written down twice.
 * model.ts (here) -> bash.ts, zsh.ts, fish.ts (one text each).
 */
export interface Word {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly summary: string;
  readonly flags: readonly Flag[];
  readonly takes: Takes;
}

export interface Flag {
  /** `-n`. */
  readonly short?: string;
  /** `--name`. */
  readonly long: string;
  readonly summary: string;
  /** A word follows it. */
  readonly value: boolean;
}

/** What may stand where the arguments of a verb stand. */
export type Takes = 'programs' | 'programs or files' | 'modules' | 'signals' | 'files' | 'nothing';

/** Every verb with its flags; this loads the code of all of them. */
export async function words(verbs: readonly Verb[]): Promise<Word[]> {
  return Promise.all(verbs.map(async (v) => {
    const command = await v.load();
    return { name: v.name, aliases: v.aliases, summary: v.summary, flags: flagsOf(command), takes: takes(v.name, command) };
  }));
}

/** Flags of every command (program.ts). */
const GLOBAL: readonly Flag[] = [
  { short: '-s', long: '--silent', summary: 'no notices', value: false },
  { long: '--no-color', summary: 'no colours', value: false },
  { short: '-h', long: '--help', summary: 'options of the command', value: false },
];

function flagsOf(command: Command): Flag[] {
  const own = (command.options ?? []).filter((o) => o.hidden !== true).map(({ flags, summary }) => {
    const short = /(?:^|\s)(-\w)\b/.exec(flags)?.[1];
    return { ...(short !== undefined && { short }), long: /--[\w-]+/.exec(flags)?.[0] ?? short ?? '', summary, value: /[<[]/.test(flags) };
  });
  const taken = new Set(own.flatMap((f) => [f.long, f.short]));
  return [...own, ...GLOBAL.filter((g) => !taken.has(g.long)).map(({ short, ...g }) => (short === undefined || taken.has(short) ? g : { short, ...g }))];
}

// The names of the arguments say what they are: `<targets...>`, `[name]`, `[what...]`.
function takes(verb: string, { args = '' }: Command): Takes {
  const names = args.split(' ').map((a) => a.replace(/[^a-z]/g, ''));
  if (verb === 'uninstall') return 'modules';
  if (names.includes('signal')) return 'signals';
  if (names.includes('what') || (names.includes('targets') && /^(?:restart|stop|delete|reload)$/.test(verb))) return 'programs or files';
  if (names.some((n) => n === 'target' || n === 'targets' || n === 'name' || n === 'id' || n === 'app')) return 'programs';
  return names.some((n) => n === 'file' || n === 'path' || n === 'module') ? 'files' : 'nothing';
}

/** `mgr describe` in its help has aliases; the shells complete each of them. */
export function spellingsOf(word: Word): readonly string[] {
  return [word.name, ...word.aliases];
}
