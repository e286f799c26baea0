/**
 * What passes between the command and the installer process it spawns (dist/installer.cjs): JSON lines.
 * To its stdin: one InstallRequest; after `prepared`, one line `{"done":true}` when the daemon has taken the staged
 * folder, or the end of the stream (the command was interrupted): then nothing is left behind.
 * From its stdout: InstallEvents; the last one is `prepared` or `failed`.
 * Or to its stdin a Job, which is anything else that needs npm's libraries or a long look at the disk; then the last one is
 * its `answer`, or `failed`.
 */
import type { Declared, Fault } from '../config/permissions.js';
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

export type InstallStep = 'manifest' | 'dependencies' | 'check' | 'script';

export type InstallEvent =
  | { readonly type: 'progress'; readonly step: InstallStep; /** e.g. "pm2-logrotate 3.0.0" */ readonly text: string }
  | { readonly type: 'warning'; readonly text: string }
  | { readonly type: 'prepared'; readonly prepared: Prepared }
  | { readonly type: 'answer'; readonly answer: unknown }
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
  /** What package.json declares of its permissions; undefined: nothing. */
  readonly permissions?: Declared;
}

/** What a job is given of the command that asks: npm's settings and scripts are read and run with it. */
export interface Surroundings {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly userHome: string;
}

export interface Jobs {
  /** Which version each module would get today. */
  readonly latest: { readonly ask: { readonly modules: readonly { readonly name: string; readonly source: string }[] }; readonly answer: readonly Latest[] };
  /** What the folders of modules hold. `dir`: `<modules>/<name>`. */
  readonly audit: { readonly ask: { readonly modules: readonly { readonly name: string; readonly dir: string }[] }; readonly answer: readonly ModuleAudit[] };
  /** Makes the tarball npm would make of a folder, in the folder `to`. `publish`: its prepublishOnly runs too. */
  readonly pack: { readonly ask: { readonly dir: string; readonly to: string; readonly publish?: boolean }; readonly answer: Packed };
}

export type Job = { [J in keyof Jobs]: { readonly job: J; readonly ask: Jobs[J]['ask']; readonly at: Surroundings } }[keyof Jobs];

export type Latest =
  | { readonly name: string; /** By what was typed at the installation, its range or tag included. */ readonly wanted: Fetched; /** Of the registry's tag `latest`. */ readonly latest: string }
  | { readonly name: string; readonly error: ErrorRecord };

export interface Fetched { readonly version: string; readonly resolved: string; readonly integrity?: string }

export interface ModuleAudit {
  readonly name: string;
  readonly version: string;
  /** The module and all it brought. */
  readonly packages: number;
  readonly files: number;
  readonly bytes: number;
  /** Packages with install scripts, and which. */
  readonly scripts: readonly PackageNote[];
  /** binding.gyp and .node files. */
  readonly native: readonly PackageNote[];
  /** Programs and libraries in machine code. */
  readonly binaries: readonly PackageNote[];
  /** Commands (`bin`) of the module itself. */
  readonly commands: readonly string[];
  /** Licence -> how many packages. */
  readonly licences: Readonly<Record<string, number>>;
  /** `mgr.permissions` and `mgr.sandbox`, or why they are none. */
  readonly permissions?: Declared | Fault;
}

export interface PackageNote { /** name@version */ readonly package: string; readonly what: readonly string[] }

export interface Packed {
  readonly file: string;
  readonly name: string;
  readonly version: string;
  readonly integrity: string;
  /** Of the tarball. */
  readonly bytes: number;
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  /** Files that look as if they should stay at home. */
  readonly leaks: readonly { readonly path: string; readonly why: string }[];
}

/** Where events go; the process writes lines, a test keeps them. */
export type Report = (event: InstallEvent) => void;
