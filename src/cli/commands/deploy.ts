import { spawnSync } from 'node:child_process';
import { MgrError, reasonOf } from '../../base/errors.js';
import { shellWord } from '../../base/shell.js';
import { isConfigFile, readDeploy } from '../../config/ecosystem.js';
import { fileAt } from '../apps.js';
import { commitScript, execScript, listScript, setupScript, updateScript } from '../deploy/scripts.js';
import { type Target, sshArgs, targetOf } from '../deploy/target.js';
import { bad, isOn, targetsOf } from '../values.js';
import type { Cli, Command, Input } from '../world.js';

const DEFAULT_FILES = ['ecosystem.json', 'ecosystem.yml', 'ecosystem.yaml', 'ecosystem.config.js', 'ecosystem.config.cjs', 'ecosystem.config.mjs', 'ecosystem.config.ts', 'ecosystem.json5', 'package.json'];
const VERBS = 'setup, update, revert [n], ref <ref>, current, previous, list, exec <command>';

/** Over ssh, in pm2-deploy's format: a clone on each host, moved to a commit, then the post-deploy command. */
export const deploy: Command = {
  args: '[words...]',
  loose: true,
  options: [{ flags: '--force', summary: 'also with local changes that are not committed or pushed' }],
  async run(cli, input) {
    const words = targetsOf(input);
    const named = words[0] !== undefined && isConfigFile(words[0]);
    const file = named ? words[0] ?? '' : DEFAULT_FILES.find((f) => fileAt(cli, f) !== undefined);
    const [env, verb = 'update', ...rest] = named ? words.slice(1) : words;
    if (env === undefined || file === undefined) {
      throw new MgrError('BAD_USAGE', { reason: env === undefined ? 'deploy: got no environment' : 'deploy: there is no ecosystem.config.js here', fix: `usage: mgr deploy <file> <environment> [command]; commands: ${VERBS}` });
    }
    const target = targetOf(await readDeploy(file, { cwd: cli.world.cwd() }), env, file);
    const hooks = { 'post-deploy': `mgr startOrRestart ${shellWord(file)} --env ${shellWord(env)}`, ...target.hooks };
    return act(cli, { ...target, hooks }, verb, [...rest, ...(input.rest ?? [])], input);
  },
};

function act(cli: Cli, target: Target, verb: string, rest: readonly string[], input: Input): number {
  const each = (script: string, words: string): number => onEach(cli, target, script, words);
  switch (verb) {
    case 'setup': return each(setupScript(target), 'setting up');
    case 'update': return update(cli, target, target.ref, input);
    case 'ref': return update(cli, target, checkedRef(rest[0]), input);
    case 'revert': {
      const back = rest[0] ?? '1';
      if (!/^\d+$/.test(back) || Number(back) < 1) throw bad('revert', back, 'how many deployments back, at least 1 (`list` numbers them)');
      return each(updateScript(target, Number(back)), `going ${back} back`);
    }
    case 'curr': case 'current': return each(commitScript(target, 0), '');
    case 'prev': case 'previous': return each(commitScript(target, 1), '');
    case 'list': return each(listScript(target), '');
    case 'exec': case 'run': {
      if (rest.length === 0) throw new MgrError('BAD_USAGE', { reason: `deploy: ${verb}: got no command`, fix: `usage: mgr deploy <file> <environment> ${verb} "<command>"` });
      return each(execScript(target, rest.join(' ')), '');
    }
    default: throw new MgrError('BAD_USAGE', { reason: `deploy: unknown command \`${verb}\``, fix: `wanted: ${VERBS}` });
  }
}

function checkedRef(ref: string | undefined): string {
  if (ref === undefined) throw new MgrError('BAD_USAGE', { reason: 'deploy: ref: got no ref', fix: 'wanted: a branch, a tag or a commit' });
  if (/^-|[\s\p{Cc}]/u.test(ref)) throw bad('ref', ref, 'a branch, a tag or a commit');
  return ref;
}

function update(cli: Cli, target: Target, ref: string, input: Input): number {
  if (!isOn(input.options, 'force')) refuseUnsent(cli);
  const local = target.hooks['pre-deploy-local'];
  if (local !== undefined) {
    cli.out.done('--> pre-deploy-local');
    const r = run(cli, cli.world.env['SHELL'] || '/bin/sh', ['-c', local], 'inherit');
    if (r !== undefined) { cli.out.problem(`mgr: deploy: pre-deploy-local ${r}; nothing was deployed`); return 1; }
  }
  return onEach(cli, target, updateScript(target, ref), `deploying ${ref}`);
}

/** One host after the other; the first that fails ends it, so that a bad version does not reach all. */
function onEach(cli: Cli, target: Target, script: string, words: string): number {
  for (const [i, host] of target.hosts.entries()) {
    if (words !== '') cli.out.done(`--> ${words} on ${host}`);
    else if (target.hosts.length > 1) cli.out.notice(`--> ${host}`);
    // One word for the shell of the other side, whichever it is: sh reads the script.
    const failed = run(cli, 'ssh', [...sshArgs(target, host), `sh -c ${shellWord(script)}`], target.tty ? 'inherit' : 'ignore');
    if (failed === undefined) continue;
    const left = target.hosts.slice(i + 1);
    cli.out.problem(`mgr: deploy: ${host}: ssh ${failed}${left.length > 0 ? `; not touched: ${left.join(', ')}` : ''}`);
    return 1;
  }
  return 0;
}

/** Undefined: it went well; else how it ended. */
function run(cli: Cli, command: string, args: readonly string[], stdin: 'inherit' | 'ignore'): string | undefined {
  const r = spawnSync(command, args, { cwd: cli.world.cwd(), env: { ...cli.world.env }, stdio: [stdin, 'inherit', 'inherit'] });
  if (r.error) return `cannot be run: ${reasonOf(r.error)}`;
  return r.status === 0 ? undefined : `ended with ${r.signal ?? `status ${r.status ?? 'unknown'}`}`;
}

// What was not pushed cannot be fetched on the other side: the most common "but I have changed that".
function refuseUnsent(cli: Cli): void {
  const git = (...args: string[]): string | undefined => {
    const r = spawnSync('git', args, { cwd: cli.world.cwd(), env: { ...cli.world.env }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return r.status === 0 ? r.stdout.trim() : undefined;
  };
  if (git('rev-parse', '--is-inside-work-tree') !== 'true') return;
  const dirty = git('status', '--porcelain', '--untracked-files=no');
  if (dirty) throw new MgrError('BAD_USAGE', { reason: `deploy: local changes are not committed:\n${dirty}`, fix: 'commit or stash them, or add --force' });
  const ahead = git('rev-list', '--count', '@{upstream}..HEAD');
  if (ahead !== undefined && ahead !== '0') throw new MgrError('BAD_USAGE', { reason: `deploy: ${ahead === '1' ? '1 commit is' : `${ahead} commits are`} not pushed`, fix: 'git push, or add --force' });
}
