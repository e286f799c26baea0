import fs from 'node:fs';
import path from 'node:path';
import { MgrError, isMgrError } from '../../base/errors.js';
import { bash } from '../completion/bash.js';
import { fish } from '../completion/fish.js';
import { words } from '../completion/model.js';
import { zsh } from '../completion/zsh.js';
import type { Cli, Command } from '../world.js';

type Shell = 'bash' | 'zsh' | 'fish';
const SHELLS: Readonly<Record<Shell, typeof bash>> = { bash, zsh, fish };
const BEGIN = '###-begin-mgr-completion-###';
const END = '###-end-mgr-completion-###';

/**
 * Prints the script of a shell (of $SHELL when none is named), or puts it where that shell finds it. `names` and
 * `modules` are what the scripts ask for at the tab key; they start no daemon.
 */
export const completion: Command = {
  args: '[what] [shell]',
  async run(cli, { args: [what, shell] }) {
    switch (what) {
      case 'names': return offer(cli, false);
      case 'modules': return offer(cli, true);
      case 'install': return install(cli, shellOf(cli, shell));
      case 'uninstall': return uninstall(cli, shellOf(cli, shell));
      default: cli.out.answer(await script(cli, shellOf(cli, what)));
    }
    return 0;
  },
};

async function script(cli: Cli, shell: Shell): Promise<string> {
  return `${BEGIN}\n# mgr completion install ${shell} writes it anew.\n${SHELLS[shell](await words(await cli.verbs()))}${END}\n`.replace(/^(###.*\n#.*\n)(#compdef .*\n)/, '$2$1');
}

function shellOf(cli: Cli, word: string | undefined): Shell {
  const name = word ?? path.basename(cli.world.env['SHELL'] ?? '');
  if (name === 'bash' || name === 'zsh' || name === 'fish') return name;
  throw new MgrError('BAD_USAGE', { reason: `completion: got ${word === undefined ? `no shell, and $SHELL is \`${name}\`` : `\`${word}\``}, wanted bash, zsh or fish`, fix: 'mgr completion bash, or mgr completion install bash' });
}

/** Names and namespaces as targets take them. Nothing to offer is no error: there is nobody to read it. */
async function offer(cli: Cli, modules: boolean): Promise<number> {
  try {
    const { processes } = await (await cli.world.connect(cli.home)).call('process.list', {});
    const found = processes.filter((v) => !modules || v.module !== undefined).flatMap((v) => (modules ? [v.module ?? ''] : [v.name, v.namespace]));
    const all = new Set(modules ? found : [...found.filter((n) => n !== 'default'), 'all']);
    cli.out.answer([...all].filter((n) => !/[\n\r]/.test(n)).map((n) => `${n}\n`).join(''));
  } catch (e) {
    if (!isMgrError(e)) throw e;
  }
  return 0;
}

/** Where each shell reads it: bash and zsh at the end of their rc file, fish in a file of its own. */
function placeOf(cli: Cli, shell: Shell): string {
  const home = cli.world.userHome();
  if (shell === 'bash') return path.join(home, '.bashrc');
  if (shell === 'zsh') return path.join(cli.world.env['ZDOTDIR'] ?? home, '.zshrc');
  return path.join(cli.world.env['XDG_CONFIG_HOME'] ?? path.join(home, '.config'), 'fish/completions/mgr.fish');
}

async function install(cli: Cli, shell: Shell): Promise<number> {
  const file = placeOf(cli, shell);
  const text = await script(cli, shell);
  const before = read(file);
  const rest = without(before);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  put(file, rest === '' ? text : `${rest.replace(/\n*$/, '\n')}\n${text}`);
  cli.out.done(`${before.includes(BEGIN) ? 'renewed' : 'added'} the completion in ${file}`);
  cli.out.notice(`mgr: a new ${shell} has it`);
  return 0;
}

function uninstall(cli: Cli, shell: Shell): number {
  const file = placeOf(cli, shell);
  const before = read(file);
  if (!before.includes(BEGIN)) { cli.out.notice(`mgr: there is no completion of mgr in ${file}`); return 0; }
  const rest = without(before);
  if (shell === 'fish' && rest.trim() === '') fs.rmSync(file);
  else put(file, rest);
  cli.out.done(`removed the completion from ${file}`);
  return 0;
}

// All between our marks; a block without an end is not touched further than its first line.
function without(text: string): string {
  const from = text.indexOf(BEGIN);
  const to = text.indexOf(END, from);
  if (from < 0 || to < 0) return text;
  return text.slice(0, from).replace(/(?:#compdef mgr\n)$/, '').replace(/\n\n$/, '\n') + text.slice(to + END.length + 1);
}

function read(file: string): string {
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
}

// Through a link, and with the rights it has: an rc file is often a link into a folder under version control.
function put(file: string, text: string): void {
  const real = fs.existsSync(file) ? fs.realpathSync(file) : file;
  const temp = `${real}.mgr-${String(process.pid)}`;
  const mode = fs.statSync(real, { throwIfNoEntry: false })?.mode;
  fs.writeFileSync(temp, text, mode === undefined ? {} : { mode });
  fs.renameSync(temp, real);
}
