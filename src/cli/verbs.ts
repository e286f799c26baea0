import { JLIST, LIST, PING, type Verb, verb } from './hot.js';

export type { Verb } from './hot.js';

/** Every command, in the order of the help. */
export const VERBS: readonly Verb[] = [
  verb('Programs', 'start', 'start a script, a command line or the apps of a config file', async () => (await import('./commands/start.js')).start),
  verb('Programs', 'restart', 'restart programs', async () => (await import('./commands/lifecycle.js')).restart),
  verb('Programs', 'reload|gracefulReload', 'replace programs without a gap; the old one serves on when the new one fails', async () => (await import('./commands/reload.js')).reload),
  verb('Programs', 'startOrReload|startOrGracefulReload', 'start the apps of a config file, reload those that run', async () => (await import('./commands/reload.js')).startOrReload),
  verb('Programs', 'startOrRestart', 'start the apps of a config file, restart those that run', async () => (await import('./commands/reload.js')).startOrRestart),
  verb('Programs', 'stop', 'stop programs; they stay in the list', async () => (await import('./commands/lifecycle.js')).stop),
  verb('Programs', 'delete|del', 'stop programs and forget them', async () => (await import('./commands/lifecycle.js')).del),
  verb('Programs', 'plan|diff', 'what differs between a config file and what runs', async () => (await import('./commands/plan.js')).plan),
  verb('Programs', 'apply', 'make what runs be as a config file says, and touch nothing else', async () => (await import('./commands/plan.js')).apply),
  verb('Programs', 'scale', 'have another number of processes of an app: 4, +1, -1', async () => (await import('./commands/scale.js')).scale),
  verb('Programs', 'reset', 'set restart counters to zero', async () => (await import('./commands/lifecycle.js')).reset),
  verb('Programs', 'pull', 'git pull in the folder of a program, then post_update, then a reload', async () => (await import('./commands/git.js')).pull),
  verb('Programs', 'forward', 'the same, one commit on', async () => (await import('./commands/git.js')).forward),
  verb('Programs', 'backward', 'the same, one commit back', async () => (await import('./commands/git.js')).backward),
  verb('Programs', 'sendSignal', 'send a signal to programs', async () => (await import('./commands/signal.js')).sendSignal),
  verb('Programs', 'send', 'a line to the standard input of a program', async () => (await import('./commands/stdin.js')).send),
  verb('Programs', 'attach', 'your terminal to the input and the logs of a program', async () => (await import('./commands/stdin.js')).attach),
  verb('Programs', 'trigger', 'run an action of programs and print what they give back', async () => (await import('./commands/trigger.js')).trigger),
  verb('Programs', 'host', 'a folder of drop-in modules as one program: start, stop, list, types, resources, modules, unquarantine, check', async () => (await import('./commands/host.js')).host),
  verb('Programs', 'serve|expose', 'serve the files of a folder over HTTP', async () => (await import('./commands/serve.js')).serve),
  LIST,
  verb('Looking', 'describe|desc|info|show', 'everything about a program, and why it is where it is', async () => (await import('./commands/describe.js')).describe),
  verb('Looking', 'monit|dashboard|dash', 'a live view: programs, their logs and figures, with keys to act', async () => (await import('./commands/monit.js')).monit),
  verb('Looking', 'web', 'the dashboard in a browser, the HTTP API and the metrics; prints the link', async () => (await import('./commands/web.js')).web),
  JLIST,
  verb('Looking', 'prettylist', 'all programs as Node prints an object', async () => (await import('./commands/pretty.js')).prettylist),
  verb('Looking', 'id', 'ids of a name', async () => (await import('./commands/ids.js')).id),
  verb('Looking', 'pid', 'pids of a name, or of all', async () => (await import('./commands/ids.js')).pid),
  verb('Looking', 'env', 'the environment of a program', async () => (await import('./commands/env.js')).env),
  verb('Looking', 'sysinfos|slist', 'figures of this machine', async () => (await import('./commands/sysinfos.js')).sysinfos),
  verb('Looking', 'report', 'all that somebody who helps will ask for', async () => (await import('./commands/report.js')).report),
  PING,
  verb('Logs', 'logs|log', 'last lines of the logs, then what comes', async () => (await import('./commands/logs.js')).logs),
  verb('Logs', 'flush', 'empty the log files', async () => (await import('./commands/flush.js')).flush),
  verb('Logs', 'reloadLogs', 'open the log files again, after something outside has moved them', async () => (await import('./commands/flush.js')).reloadLogs),
  verb('Modules and settings', 'install|module:install', 'install or update a module and run it', async () => (await import('./commands/modules.js')).install),
  verb('Modules and settings', 'uninstall|module:uninstall', 'stop a module and remove it; its settings stay', async () => (await import('./commands/modules.js')).uninstall),
  verb('Modules and settings', 'module:generate', 'write a module that runs, to begin with', async () => (await import('./commands/generate.js')).generate),
  verb('Modules and settings', 'module:list', 'the installed modules: version, source, by whom, what there is today', async () => (await import('./commands/module-trust.js')).moduleList),
  verb('Modules and settings', 'module:update', 'update modules; back to the version before when the new one does not stay up', async () => (await import('./commands/module-trust.js')).moduleUpdate),
  verb('Modules and settings', 'module:rollback', 'change back to the version before', async () => (await import('./commands/module-trust.js')).moduleRollback),
  verb('Modules and settings', 'module:audit', 'scripts, native code, binaries, licences and size of modules', async () => (await import('./commands/module-trust.js')).moduleAudit),
  verb('Modules and settings', 'module:types', 'the settings of a module as TypeScript', async () => (await import('./commands/module-types.js')).moduleTypes),
  verb('Modules and settings', 'package|module:package', 'the tarball of a module, for mgr install', async () => (await import('./commands/publish.js')).pack),
  verb('Modules and settings', 'publish|module:publish', 'check a module, give it the next version, commit, tag, push, publish', async () => (await import('./commands/publish.js')).publish),
  verb('Modules and settings', 'set', 'set <module>:<key> <value>', async () => (await import('./commands/settings.js')).set),
  verb('Modules and settings', 'get', 'a setting, a section or everything', async () => (await import('./commands/settings.js')).get),
  verb('Modules and settings', 'unset', 'remove a setting', async () => (await import('./commands/settings.js')).unset),
  verb('Modules and settings', 'multiset', 'several settings: "k1 v1 k2 v2"', async () => (await import('./commands/settings.js')).multiset),
  verb('Modules and settings', 'conf|config', 'the settings of a module, where they come from and what they are; or all', async () => (await import('./commands/conf.js')).conf),
  verb('Modules and settings', 'init|ecosystem', 'write an ecosystem.config.js for this folder', async () => (await import('./commands/init.js')).init),
  verb('Modules and settings', 'completion', 'the tab key for bash, zsh and fish', async () => (await import('./commands/completion.js')).completion),
  verb('Daemon', 'save|dump', 'write the list for resurrect', async () => (await import('./commands/daemon.js')).save),
  verb('Daemon', 'cleardump', 'empty the list that resurrect reads', async () => (await import('./commands/daemon.js')).cleardump),
  verb('Daemon', 'resurrect', 'bring back what was saved or ran last', async () => (await import('./commands/daemon.js')).resurrect),
  verb('Daemon', 'update|updatePM2', 'replace the daemon; programs run on', async () => (await import('./commands/daemon.js')).update),
  verb('Daemon', 'deploy', 'bring a version onto hosts over ssh and restart there', async () => (await import('./commands/deploy.js')).deploy),
  verb('Daemon', 'import-pm2', 'take over apps, settings and modules of PM2', async () => (await import('./commands/import-pm2.js')).importPm2),
  verb('Daemon', 'startup', 'start the daemon at boot and bring back what ran', async () => (await import('./commands/startup.js')).startup),
  verb('Daemon', 'unstartup', 'no longer start it at boot', async () => (await import('./commands/startup.js')).unstartup),
  verb('Daemon', 'kill', 'stop everything and end the daemon', async () => (await import('./commands/daemon.js')).kill),
];

export function findVerb(word: string): Verb | undefined {
  return VERBS.find((v) => v.name === word || v.aliases.includes(word));
}

export function allWords(): string[] {
  return VERBS.flatMap((v) => [v.name, ...v.aliases]);
}
