/**
 * What is run on the host, as sh scripts. Every value is one quoted word; only hooks and `exec` are shell text, and they are
 * read by the user's own shell there, as pm2-deploy has it. Layout: <path>/{source, shared/{logs,pids}, current, .deploys}.
 */
import { shellWord } from '../../base/shell.js';
import type { Hook, Target } from './target.js';

export function setupScript(t: Target): string {
  return script(t, [
    'mkdir -p "$p/shared/logs" "$p/shared/pids"',
    hook(t, 'pre-setup', '"$p"'),
    'if [ -e "$p/source/.git" ]; then',
    `  [ "$(git -C "$p/source" remote get-url origin)" = ${shellWord(t.repo)} ] || fail "$p/source is a clone of another repository"`,
    '  echo "--> $p/source is there already"',
    `else git clone${t.fast ? ' --depth=5 --no-single-branch' : ''} -- ${shellWord(t.repo)} "$p/source"; fi`,
    'cd "$p/source"',
    checkout(t.ref),
    'ln -sfn "$p/source" "$p/current"',
    hook(t, 'post-setup', '"$p/current"'),
  ]);
}

/** `ref`: what to deploy; a number: so many deployments back. */
export function updateScript(t: Target, ref: string | number): string {
  return script(t, [
    ready,
    hook(t, 'pre-deploy', '"$p/source"'),
    'cd "$p/source"',
    typeof ref === 'number' ? nth(ref) : '',
    `git fetch${t.fast ? ' --depth=5' : ''} --all --tags`,
    checkout(ref),
    'ln -sfn "$p/source" "$p/current"',
    'git rev-parse --short HEAD >> "$p/.deploys"',
    hook(t, 'post-deploy', '"$p/current"', t.vars),
  ]);
}

export function execScript(t: Target, command: string): string {
  return script(t, [ready, inFolder('"$p/current"', command, t.vars)]);
}

/** The commit of a deployment: 0 is the present one. */
export function commitScript(t: Target, back: number): string {
  return script(t, [ready, nth(back), 'echo "$commit"']);
}

/** Number and commit of each, the present one first with 0: the numbers `revert` takes. */
export function listScript(t: Target): string {
  return script(t, [ready, `[ ! -f "$p/.deploys" ] || awk '{ line[NR] = $0 } END { for (i = NR; i > 0; i--) printf "%d\\t%s\\n", NR - i, line[i] }' "$p/.deploys"`]);
}

const ready = '[ -e "$p/source/.git" ] || fail "$p is not set up: mgr deploy <file> <environment> setup"';

function script(t: Target, lines: readonly string[]): string {
  const p = t.path === '~' ? '"$HOME"' : t.path.startsWith('~/') ? `"$HOME"/${shellWord(t.path.slice(2))}` : shellWord(t.path);
  return ['set -e', 'fail() { echo "deploy: $1" >&2; exit 1; }', `p=${p}`, ...lines.filter((l) => l !== '')].join('\n');
}

// A branch by its plain name means the one of the repository: the clone's own would stand still for ever.
function checkout(ref: string | number): string {
  const wanted = typeof ref === 'number' ? '"$commit"' : shellWord(ref);
  return [
    `ref=${wanted}`,
    'if git rev-parse -q --verify "refs/remotes/origin/$ref^{commit}" > /dev/null; then ref="refs/remotes/origin/$ref"; fi',
    'git rev-parse -q --verify "$ref^{commit}" > /dev/null || fail "there is no $ref in the repository"',
    'git reset --hard "$ref" --',
  ].join('\n');
}

function nth(back: number): string {
  return [
    `[ -f "$p/.deploys" ] && [ "$(wc -l < "$p/.deploys")" -gt ${back} ] || fail ${shellWord(back === 0 ? 'nothing was deployed yet' : `there is no deployment ${back} before the present one`)}`,
    `commit=$(tail -n ${back + 1} "$p/.deploys" | head -n 1)`,
  ].join('\n');
}

function hook(t: Target, name: Hook, folder: string, vars: Readonly<Record<string, string>> = {}): string {
  const text = t.hooks[name];
  return text === undefined ? '' : `echo ${shellWord(`--> ${name}`)}\n${inFolder(folder, text, vars)}`;
}

// In a shell of its own: a hook may change its folder, set variables and exit without harm to the rest.
function inFolder(folder: string, text: string, vars: Readonly<Record<string, string>>): string {
  const env = Object.entries(vars).map(([k, v]) => `${k}=${shellWord(v)} `).join('');
  return `( cd ${folder} && ${env}"\${SHELL:-/bin/sh}" -c ${shellWord(text)} )`;
}
