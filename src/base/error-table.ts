/**
 * The sentence, the hint and the exit status of each error. A file of its own: the build leaves it out of the command line's
 * and the daemon's first file (scripts/build.mjs), so that nobody reads it who has no error to tell of.
 */
type Say = (d: Readonly<Record<string, unknown>>) => string;
export interface Row { readonly message: Say; readonly hint?: Say; readonly exit?: number }

const s = (v: unknown): string => (typeof v === 'string' ? v : JSON.stringify(v) ?? String(v));

// code -> sentence, hint, exit status. Messages are lower case and say: cannot X: why. Data keys are named in the row.
const TABLE = {
  // Targets and processes
  NOT_FOUND: { message: (d) => `no process, namespace or id matches \`${s(d['target'])}\``, hint: (d) => (d['near'] ? `did you mean \`${s(d['near'])}\`? \`mgr list\` shows what is managed` : '`mgr list` shows what is managed') },
  DEPENDS_UNKNOWN: { message: (d) => `\`${s(d['name'])}\` depends on \`${s(d['on'])}\`, which is neither started with it nor managed`, hint: (d) => (d['near'] ? `did you mean \`${s(d['near'])}\`?` : `start \`${s(d['on'])}\` too, or take it out of depends_on; nothing was started`) },
  DEPENDS_CYCLE: { message: (d) => `depends_on goes in a circle: ${s(d['circle'])}`, hint: () => 'take one of these arrows out; nothing was started' },
  DEPENDENCY_FAILED: { message: (d) => `\`${s(d['name'])}\` is not started: it needs \`${s(d['on'])}\` ${s(d['condition'])}, and ${s(d['reason'])}`, hint: (d) => `mgr describe ${s(d['on'])} tells more` },
  NOTHING_MANAGED: { message: () => 'no process is managed, so `all` matches nothing', hint: () => 'start one: mgr start app.js' },
  ALREADY_RUNNING: { message: (d) => `\`${s(d['name'])}\` already runs ${s(d['script'])}`, hint: (d) => `mgr restart ${s(d['name'])}, another --name, or --force for a second copy` },
  SCRIPT_NOT_FOUND: { message: (d) => `cannot start \`${s(d['name'])}\`: script ${s(d['script'])} does not exist`, hint: (d) => `looked for ${s(d['path'])} and for a command of that name in PATH` },
  SCRIPT_UNREADABLE: { message: (d) => `cannot start \`${s(d['name'])}\`: ${s(d['script'])}: ${s(d['reason'])}`, hint: () => 'check the permissions of the file and of the folders above it' },
  CWD_UNUSABLE: { message: (d) => `cannot start \`${s(d['name'])}\`: working directory ${s(d['cwd'])}: ${s(d['reason'])}`, hint: () => 'wanted: a directory the daemon may enter; set it with --cwd or `cwd`' },
  INTERPRETER_NOT_FOUND: { message: (d) => `cannot start \`${s(d['name'])}\`: interpreter \`${s(d['interpreter'])}\` is not in PATH`, hint: (d) => (d['fix'] ? s(d['fix']) : 'install it, or name another with --interpreter (`none` runs the file itself)') },
  SPAWN_FAILED: { message: (d) => `cannot start \`${s(d['name'])}\`: ${s(d['reason'])}`, hint: (d) => (d['hint'] ? s(d['hint']) : `mgr describe ${s(d['name'])} tells more`) },
  START_FAILED: { message: (d) => `\`${s(d['name'])}\` did not come up: ${s(d['reason'])}`, hint: (d) => `mgr logs ${s(d['name'])} --nostream, or mgr describe ${s(d['name'])}` },
  RELOAD_FAILED: { message: (d) => `\`${s(d['name'])}\` was not reloaded: ${s(d['reason'])}`, hint: (d) => `${d['serves'] ? `the former run (pid ${s(d['serves'])}) serves on; ` : ''}${d['done'] ? `${s(d['done'])} of ${s(d['of'])} processes run the new version; ` : ''}mgr describe ${s(d['name'])} tells more` },
  NOTHING_TO_DO: { message: (d) => `nothing to do: \`${s(d['name'])}\` has ${s(d['count'])} ${d['count'] === 1 ? 'process' : 'processes'} already`, hint: () => '`mgr scale <app> <number>`, or +<number>, -<number>' },
  RELOAD_BUSY: { message: (d) => `reload already in progress: \`${s(d['name'])}\``, hint: () => 'wait for it to end, or give it up for a new one with --force' },
  STOP_FAILED: { message: (d) => `\`${s(d['name'])}\` (pid ${s(d['pid'])}) is still there after SIGKILL`, hint: () => 'it is stuck in the kernel (state D) or belongs to another user' },
  NOT_RUNNING: { message: (d) => `\`${s(d['name'])}\` is not running (${s(d['status'])})`, hint: (d) => `mgr start ${s(d['name'])}` },
  NO_CHANNEL: { message: (d) => `\`${s(d['name'])}\` has no message channel`, hint: () => 'only Node programs that listen with process.on(\'message\') have one' },
  NO_STDIN: { message: (d) => `cannot write to the standard input of \`${s(d['name'])}\`: ${s(d['reason'])}`, hint: () => 'programs in fork mode that read their standard input can be written to' },
  NO_ACTION: { message: (d) => `no running process of \`${s(d['target'])}\` has the action \`${s(d['action'])}\``, hint: (d) => (Array.isArray(d['known']) && d['known'].length > 0 ? `it has: ${d['known'].join(', ')}` : 'a program registers actions with tx2 or @pm2/io: io.action(name, fn)') },
  NO_REPLY: { message: (d) => `\`${s(d['name'])}\` did not answer the action \`${s(d['action'])}\` ${s(d['why'])}`, hint: () => 'the action must call its reply function' },
  ACTION_FAILED: { message: (d) => `the action \`${s(d['action'])}\` of \`${s(d['name'])}\` failed: ${s(d['reason'])}`, hint: (d) => `that is what it says itself; mgr logs ${s(d['name'])} may tell more` },
  SETTING_REFUSED: { message: (d) => `\`${s(d['name'])}\` does not take ${s(d['keys'])}: ${s(d['reason'])}`, hint: () => 'rolled back: nothing was saved; it runs on with what it had' },
  REPO_FAILED: { message: (d) => `cannot move the repository of \`${s(d['name'])}\`: ${s(d['command'])}: ${s(d['reason'])}`, hint: (d) => (d['fix'] ? s(d['fix']) : 'the program was not touched') },
  // Input
  BAD_OPTION: { message: (d) => `${d['file'] ? `${s(d['file'])}: ` : ''}${s(d['path'])}: got ${s(d['got'])}, wanted ${s(d['wanted'])}`, hint: (d) => (d['fix'] ? s(d['fix']) : d['file'] ? 'correct the file and run the command again; nothing was changed' : '`mgr <command> --help` tells what each option takes') },
  UNKNOWN_OPTION: { message: (d) => `${d['file'] ? `${s(d['file'])}: ` : ''}unknown option \`${s(d['path'])}\``, hint: (d) => (d['near'] ? `did you mean \`${s(d['near'])}\`?` : 'see `mgr start --help`') },
  BAD_FILE: { message: (d) => `cannot read ${s(d['file'])}: ${s(d['reason'])}`, hint: (d) => (d['fix'] ? s(d['fix']) : 'correct it and run the command again; nothing was changed') },
  FILE_NOT_FOUND: { message: (d) => `${s(d['file'])} does not exist`, hint: (d) => (d['fix'] ? s(d['fix']) : '') },
  BAD_USAGE: { message: (d) => s(d['reason']), hint: (d) => (d['fix'] ? s(d['fix']) : 'see `mgr --help`') },
  BAD_KEY: { message: (d) => `settings key \`${s(d['key'])}\`: ${s(d['reason'])}`, hint: () => 'wanted: <module>:<key>, e.g. mgr set pm2-logrotate:max_size 10M' },
  NO_SUCH_SETTING: { message: (d) => `no setting \`${s(d['key'])}\``, hint: () => '`mgr conf` shows all settings' },
  NOTHING_SAVED: { message: () => 'nothing to save: no process is managed', hint: () => '`mgr save --force` writes an empty list' },
  NO_DUMP: { message: () => 'nothing to bring back: no saved list and no earlier session', hint: () => '`mgr save` writes the list' },
  BAD_USER: { message: (d) => `unknown ${s(d['kind'])} \`${s(d['value'])}\``, hint: () => 'wanted: a name in /etc/passwd or /etc/group, or a number' },
  NOT_ROOT: { message: (d) => `\`${s(d['option'])}\` needs root: this daemon runs as uid ${s(d['uid'])}`, hint: () => 'run the daemon as root, or leave the option out' },
  // Modules
  MODULE_NOT_FOUND: { message: (d) => `no module \`${s(d['name'])}\` is installed`, hint: (d) => (d['near'] ? `did you mean \`${s(d['near'])}\`?` : '`mgr list` shows the installed modules') },
  MODULE_FETCH: { message: (d) => `cannot fetch \`${s(d['spec'])}\`: ${s(d['reason'])}`, hint: (d) => (d['hint'] ? s(d['hint']) : 'nothing was changed') },
  MODULE_BAD: { message: (d) => `\`${s(d['spec'])}\` is not a module: ${s(d['reason'])}`, hint: (d) => (d['hint'] ? s(d['hint']) : 'wanted: a package.json with `apps`, `pm2`, `bin` or `main`') },
  MODULE_START: { message: (d) => `\`${s(d['name'])}\` ${s(d['version'])} did not stay up: ${s(d['reason'])}`, hint: (d) => (d['hint'] ? s(d['hint']) : d['restored'] ? `${s(d['restored'])} runs again` : d['kept'] ? `it is installed: mgr logs ${s(d['name'])} --nostream tells more, mgr uninstall ${s(d['name'])} removes it` : 'nothing was left behind; `mgr install` without --safe keeps it for a look') },
  SCRIPT_FAILED: { message: (d) => `script \`${s(d['event'])}\` of ${s(d['name'])} ${s(d['reason'])}`, hint: (d) => (d['lines'] ? s(d['lines']) : 'it said nothing') },
  PUBLISH: { message: (d) => `cannot publish ${s(d['name'])}: ${s(d['reason'])}`, hint: (d) => (d['hint'] ? s(d['hint']) : 'nothing was changed') },
  NO_FORMER: { message: (d) => `\`${s(d['name'])}\` has no former version to go back to`, hint: (d) => `one is kept when an update replaces it; mgr install ${s(d['name'])}@<version> brings any` },
  MODULE_NAME: { message: (d) => `\`${s(d['name'])}\` is not a valid module name: ${s(d['reason'])}`, hint: () => 'wanted: an npm package name' },
  INSTALL_BUSY: { message: (d) => `\`${s(d['name'])}\` is being installed by another command`, hint: () => 'wait for it to end' },
  // Daemon and transport
  DAEMON_DOWN: { message: () => 'the daemon is not running', hint: () => 'any command but `kill` starts it, e.g. mgr list' },
  DAEMON_ENDING: { message: () => 'the daemon is just ending or being replaced, so it changes nothing any more', hint: () => 'run the command again' },
  DAEMON_SILENT: { message: (d) => (d['ours'] ? `the daemon (pid ${s(d['pid'])}) does not answer` : `what listens on ${s(d['socket'])} is no daemon of mgr and does not answer${d['pid'] === undefined ? '' : `: pid ${s(d['pid'])}${d['command'] ? ` (${s(d['command'])})` : ''}`}`), hint: (d) => s(d['fix']) },
  DAEMON_START: { message: (d) => `the daemon did not start: ${s(d['reason'])}`, hint: (d) => `its log: ${s(d['log'])}` },
  NO_PERMISSION: { message: (d) => `no permission: ${s(d['path'])}: ${s(d['reason'])}`, hint: (d) => (d['fix'] ? s(d['fix']) : 'the home belongs to another user; use sudo -u <owner>, or another MGR_HOME') },
  PERMISSION_DENIED: { message: (d) => `the module \`${s(d['module'])}\` may not call ${s(d['method'])}: its package.json declares the permissions ${s(d['declared'])}`, hint: (d) => (d['needs'] ? `"${s(d['needs'])}" in mgr.permissions there, and an installation anew, allow it` : 'no permission of a module allows it; its user may') },
  HOME_TOO_LONG: { message: (d) => `the home ${s(d['home'])} is too long for a socket: ${s(d['length'])} bytes, wanted at most ${s(d['max'])}`, hint: () => 'set MGR_HOME to a shorter path' },
  CONNECTION_LOST: { message: (d) => `the connection to the daemon was lost${d['method'] ? ` during ${s(d['method'])}` : ''}`, hint: () => 'the programs run on; run the command again' },
  CALL_TIMEOUT: { message: (d) => `${s(d['method'])} did not answer within ${s(d['ms'])} ms`, hint: () => 'the daemon is busy or stuck; see `mgr logs mgr`' },
  UNKNOWN_METHOD: { message: (d) => `the daemon does not know \`${s(d['method'])}\``, hint: () => 'it is older than this command: mgr update' },
  PROTOCOL: { message: (d) => `the daemon speaks protocol ${s(d['theirs'])}, this command ${s(d['ours'])}`, hint: () => 'mgr update replaces the daemon and touches no program' },
  HOME_BUSY: { message: (d) => `a daemon (pid ${s(d['pid'])}) already runs in ${s(d['home'])}`, hint: () => '`mgr kill` ends it and its programs; or give this one a home of its own with MGR_HOME' },
  FOREIGN_DAEMON: { message: () => 'what answers in this home is not mgr: a PM2 daemon was started with PM2_HOME at it', hint: () => 'end it with `PM2_HOME=<home> pm2 kill`, then any command starts ours' },
  STATE_UNREADABLE: { message: (d) => `${s(d['file'])}: ${s(d['reason'])}`, hint: (d) => (d['aside'] ? `set aside as ${s(d['aside'])}` : '') },
  // Resources of a host
  RESOURCE: { message: (d) => `${s(d['what'])}: ${s(d['reason'])}`, hint: (d) => (d['fix'] ? s(d['fix']) : '') },
  STORE_BUSY: { message: (d) => `${s(d['file'])} is held by another process, waited ${s(d['ms'])} ms`, hint: () => 'it writes much or stands still; run the command again' },
  STORE_IO: { message: (d) => `cannot ${s(d['act'])} ${s(d['file'])}: ${s(d['reason'])}`, hint: () => 'a full disk or missing rights; mgr doctor tells more' },
  STORE_CORRUPT: { message: (d) => `${s(d['file'])} is damaged: ${s(d['reason'])}`, hint: (d) => (d['aside'] ? `set aside as ${s(d['aside'])}` : 'the next program that opens it sets it aside and begins a new one') },
  STORE_NEWER: { message: (d) => `${s(d['file'])}: its ${s(d['name'])} tables are of version ${s(d['version'])}, this mgr knows ${s(d['known'])}`, hint: () => 'a newer mgr wrote them; use that one' },
  // Jobs
  JOB_NOT_FOUND: { message: (d) => `no ${s(d['kind'] ?? 'job')} \`${s(d['id'])}\``, hint: (d) => (d['near'] ? `did you mean \`${s(d['near'])}\`?` : s(d['fix'] ?? '`mgr jobs` shows them; history is kept for a while only')) },
  JOB_STATE: { message: (d) => `cannot ${s(d['verb'])} job ${s(d['id'])}: it is ${s(d['state'])}`, hint: (d) => s(d['fix']) },
  JOB_STALE: { message: (d) => `job ${s(d['id'])} is no longer held with fence ${s(d['fence'])}: ${s(d['now'])}`, hint: () => 'nothing was written' },
  JOBS_HOME: { message: () => 'jobs need the manager: MGR_HOME is not in the environment', hint: () => 'run the program with `mgr start`, set MGR_HOME, or name a file: openJobs({ file })' },
  INTERNAL: { message: (d) => `a fault inside mgr: ${s(d['reason'])}`, hint: () => 'please report it with the lines above' },
} satisfies Record<string, Row>;

export type ErrorCode = keyof typeof TABLE;

/** Its row; undefined: no such code. */
export function rowOf(code: string): Row | undefined {
  return Object.hasOwn(TABLE, code) ? (TABLE as Readonly<Record<string, Row>>)[code] : undefined;
}
