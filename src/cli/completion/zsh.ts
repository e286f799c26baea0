import { spellingsOf } from './model.js';
import type { Flag, Takes, Word } from './model.js';

/** For zsh's completion system (compinit). */
export function zsh(words: readonly Word[]): string {
  const cases = words.map((w) => `    ${spellingsOf(w).join('|')})\n      _arguments -s ${[...w.flags.flatMap(spec), ACTIONS[w.takes]].filter((s) => s !== '').join(' \\\n        ')}\n      ;;`);
  return `#compdef mgr
_mgr_programs() {
  local -a found
  found=("\${(@f)$(mgr completion names 2> /dev/null)}")
  compadd -a found
}
_mgr_modules() {
  local -a found
  found=("\${(@f)$(mgr completion modules 2> /dev/null)}")
  compadd -a found
}
_mgr() {
  local -a verbs
  verbs=(
${words.flatMap((w) => spellingsOf(w).map((name) => `    ${quote(`${name.replaceAll(':', '\\:')}:${w.summary}`)}`)).join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command verbs
    return
  fi
  local verb=$words[2]
  shift words
  (( CURRENT-- ))
  case $verb in
${cases.join('\n')}
  esac
}
if [ "$funcstack[1]" = _mgr ]; then _mgr "$@"; elif (( $+functions[compdef] )); then compdef _mgr mgr; fi
`;
}

const ACTIONS: Readonly<Record<Takes, string>> = {
  'programs': "'*:program:_mgr_programs'",
  'programs or files': "'*: :{ _mgr_programs; _files }'",
  'modules': "'*:module:_mgr_modules'",
  'signals': "'1:signal:(SIGHUP SIGINT SIGTERM SIGKILL SIGUSR1 SIGUSR2 SIGCONT SIGSTOP)' '*:program:_mgr_programs'",
  'files': "'*:file:_files'",
  'nothing': '',
};

// Each spelling by itself: _arguments has a short form for pairs which shells of different age read differently.
function spec(flag: Flag): string[] {
  const text = flag.summary.replaceAll('\\', '\\\\').replaceAll('[', '\\[').replaceAll(']', '\\]').replaceAll(':', '\\:');
  return [flag.short, flag.long].filter((f) => f !== undefined).map((f) => quote(`${f}[${text}]${flag.value ? ': :_files' : ''}`));
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
