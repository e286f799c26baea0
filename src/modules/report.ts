/**
 * What passes between the command and the installer process it spawns (dist/installer.cjs): JSON lines.
 * To its stdin: one InstallRequest; after `prepared`, one line `{"done":true}` when the daemon has taken the staged
 * folder, or the end of the stream (the command was interrupted): then nothing is left behind.
 * From its stdout: InstallEvents; the last one is `prepared` or `failed`.
 */
import type { AppSpec } from '../config/spec.js';
import type { ErrorRecord, ModuleView } from '../protocol/views.js';

export interface InstallRequest {
  /** As typed: npm name[@version|@tag|@range], user/repo[#ref], git url, ./folder, `.`, file.tgz, https url. */
  readonly spec: string;
  /** The home of the daemon. */
  readonly home: string;
  /** Run the install scripts of the module and of its dependencies. */
  readonly allowScripts: boolean;
  readonly cwd: string;
  /** Environment of the command: npm settings are read from it, and the module inherits it. */
  readonly env: Readonly<Record<string, string>>;
  /** Home folder of the user, for ~/.npmrc. */
  readonly userHome: string;
  readonly username: string;
}

export type InstallStep = 'manifest' | 'dependencies' | 'check';

export type InstallEvent =
  | { readonly type: 'progress'; readonly step: InstallStep; /** e.g. "pm2-logrotate 3.0.0" */ readonly text: string }
  | { readonly type: 'warning'; readonly text: string }
  | { readonly type: 'prepared'; readonly prepared: Prepared }
  | { readonly type: 'failed'; readonly error: ErrorRecord };

/** A module that waits in its staging folder: the params of `module.activate`, safeMs aside. */
export interface Prepared {
  readonly module: ModuleView;
  /** The folder to rename to `module.dir`. */
  readonly staged: string;
  /** Paths in them point below `module.dir`. */
  readonly apps: readonly AppSpec[];
  /** `config` of package.json. */
  readonly defaults: Readonly<Record<string, unknown>>;
  /** Packages of the whole tree, for the report. */
  readonly packages: number;
  /** name@version of packages whose install scripts were not run. */
  readonly scriptsSkipped: readonly string[];
}

/** Where events go; the process writes lines, a test keeps them. */
export type Report = (event: InstallEvent) => void;
