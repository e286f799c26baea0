import type { Command } from './world.js';

/** One command as `mgr --help` lists it; its code is loaded only when it is run. */
export interface Verb {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly summary: string;
  /** Heading in the help. */
  readonly group: 'Programs' | 'Looking' | 'Logs' | 'Modules and settings' | 'Daemon';
  load(): Promise<Command>;
}

/** `names`: the name, then what else it is called, with | between. */
export const verb = (group: Verb['group'], names: string, summary: string, load: () => Promise<Command>): Verb => {
  const [name = '', ...aliases] = names.split('|');
  return { name, aliases, summary, group, load };
};

/** The commands that are typed all day, and by scripts every second: they start without the table of all (verbs.ts). */
export const LIST = verb('Looking', 'list|ls|l|ps|status', 'the table of programs', async () => (await import('./commands/list.js')).list);
export const JLIST = verb('Looking', 'jlist', 'all programs as JSON', async () => (await import('./commands/list.js')).jlist);
export const PING = verb('Looking', 'ping', 'is the daemon there', async () => (await import('./commands/ping.js')).ping);

const HOT: readonly Verb[] = [LIST, JLIST, PING];

/** Of these words alone, without a flag. */
export function hotVerb(words: readonly string[]): Verb | undefined {
  const [word = ''] = words;
  return words.length === 1 ? HOT.find((v) => v.name === word || v.aliases.includes(word)) : undefined;
}
