import { spellingsOf } from './model.js';
import type { Word } from './model.js';

/**
 * Bash 3.2 and later (macOS), without the package bash-completion. Names of programs are asked of the daemon at the
 * moment of the tab key, and only of one that runs.
 */
export function bash(words: readonly Word[]): string {
  const cases = words.map((w) => `    ${spellingsOf(w).join('|')}) flags='${w.flags.flatMap((f) => [f.short, f.long]).filter((f) => f !== undefined).join(' ')}' values='${w.flags.filter((f) => f.value).flatMap((f) => [f.short, f.long]).filter((f) => f !== undefined).join(' ')}' takes='${w.takes}' ;;`);
  return `_mgr_completion() {
  # Not COMP_WORDS: bash would cut a name such as module:app at its colon.
  local line="\${COMP_LINE:0:COMP_POINT}" cur verb='' flags='' values='' takes='' word before IFS=$' \\t\\n'
  local -a typed
  # Behind it are the program's own words.
  case "$line" in *' -- '*) return ;; esac
  read -r -a typed <<< "$line"
  case "$line" in *[[:space:]]) typed+=('') ;; esac
  cur="\${typed[\${#typed[@]}-1]}"
  COMPREPLY=()
  local i
  for ((i = 1; i < \${#typed[@]} - 1; i++)); do
    word="\${typed[i]}"
    case "$word" in -*) continue ;; esac
    _mgr_verb "$word" && { verb="$word"; break; }
  done
  if [ -z "$verb" ]; then
    _mgr_offer "$cur" ${words.flatMap(spellingsOf).join(' ')} help
    return
  fi
  before="\${typed[\${#typed[@]}-2]}"
  case " $values " in *" $before "*) return ;; esac
  case "$cur" in -*) _mgr_offer "$cur" $flags; return ;; esac
  case "$takes" in
    signals) if [ "$before" = "$verb" ]; then _mgr_offer "$cur" SIGHUP SIGINT SIGTERM SIGKILL SIGUSR1 SIGUSR2 SIGCONT SIGSTOP; return; fi ;;
    programs*) ;;
    modules) ;;
    *) return ;;
  esac
  local kind=names
  [ "$takes" = modules ] && kind=modules
  local -a found=()
  while IFS= read -r word; do found+=("$word"); done < <(mgr completion "$kind" 2> /dev/null)
  _mgr_offer "$cur" "\${found[@]}"
}

# Sets flags, values and takes of the caller.
_mgr_verb() {
  case "$1" in
${cases.join('\n')}
    *) return 1 ;;
  esac
}

# The words that begin like the first one, fit to be typed.
_mgr_offer() {
  local cur="$1" word cut=''
  shift
  # Bash replaces only what stands behind the last colon.
  case "$cur" in *:*) case "$COMP_WORDBREAKS" in *:*) cut="\${cur%:*}:" ;; esac ;; esac
  for word in "$@"; do
    case "$word" in "$cur"*) printf -v word '%q' "$word"; COMPREPLY+=("\${word#"$cut"}") ;; esac
  done
}

# default: files, where nothing of ours fits.
complete -o default -F _mgr_completion mgr
`;
}
