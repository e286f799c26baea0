import { spellingsOf } from './model.js';
import type { Word } from './model.js';

/** For fish 3 and later. */
export function fish(words: readonly Word[]): string {
  const lines = words.flatMap((w) => {
    const seen = `-n '__fish_seen_subcommand_from ${spellingsOf(w).join(' ')}'`;
    return [
      ...spellingsOf(w).map((name) => `complete -c mgr -f -n __fish_use_subcommand -a ${name} -d ${quote(w.summary)}`),
      ...(w.takes.startsWith('programs') || w.takes === 'signals' ? [`complete -c mgr ${w.takes === 'programs' ? '-f ' : ''}${seen} -a '(mgr completion names 2> /dev/null)'`] : []),
      ...(w.takes === 'signals' ? [`complete -c mgr -f ${seen} -a 'SIGHUP SIGINT SIGTERM SIGKILL SIGUSR1 SIGUSR2'`] : []),
      ...(w.takes === 'modules' ? [`complete -c mgr -f ${seen} -a '(mgr completion modules 2> /dev/null)'`] : []),
      ...w.flags.map((f) => `complete -c mgr ${seen}${f.short === undefined ? '' : ` -s ${f.short.slice(1)}`}${f.long.startsWith('--') ? ` -l ${f.long.slice(2)}` : ''}${f.value ? ' -r' : ''} -d ${quote(f.summary)}`),
    ];
  });
  return `${lines.join('\n')}\n`;
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
