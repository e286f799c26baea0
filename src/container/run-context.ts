import { SEQUENCE, argvSource, envSource, fileSource, objectSource, type Source } from './sources.js';
import type { Host } from './process.js';
import type { MaybePromise, PartialConfig } from './types.js';

/** Values by module, or what gives them; asked again at each reload, so a live object may be handed in. */
export type Values = PartialConfig | (() => MaybePromise<PartialConfig | undefined>);

/** What a run is given. What is left out is not there: with a context nothing is taken from the process by itself. */
export interface RunContext {
  /** Words after the program's name. */
  readonly argv?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The application's own defaults, above those of the schemas. */
  readonly defaults?: Values;
  /** `config` of a package.json. Unknown keys are no error: it is everybody's. */
  readonly packageConfig?: Values;
  /** A JSON file, or its content. */
  readonly file?: string | Values;
  readonly secrets?: string | Values;
  /** What was set while running, and kept: a JSON file that need not exist, or its content. */
  readonly store?: string | Values;
  /** Stronger than anything else. */
  readonly overrides?: Values;
  /** This run is the program: signals end and reload it, its exit code is the process's. `processContext()` says so. */
  readonly own?: boolean;
  /** Where relative paths begin. Default: the process's. */
  readonly cwd?: string;
  /** Called when all modules are started. */
  readonly up?: () => void;
  /** Ends the run, as `stop` does. */
  readonly signal?: AbortSignal;
  /** Where help and `--dump -` go. Default: only into the result. */
  readonly out?: (text: string) => void;
  readonly stdin?: () => Promise<string>;
}

/** The standard layers of a context. */
export function sourcesOf(c: RunContext): Source[] {
  const either = (name: string, sequence: number, v: string | Values | undefined, optional = false): Source[] =>
    v === undefined ? [] : [typeof v === 'string' ? fileSource(v, { name, sequence, optional }) : objectSource(name, sequence, v)];
  return [
    ...(c.packageConfig === undefined ? [] : [objectSource('package', SEQUENCE.package, c.packageConfig, { detail: 'package.json', lenient: true })]),
    ...(c.defaults === undefined ? [] : [objectSource('defaults', SEQUENCE.defaults, c.defaults)]),
    ...either('file', SEQUENCE.file, c.file),
    ...(c.env === undefined ? [] : [envSource(c.env)]),
    ...either('secrets', SEQUENCE.secrets, c.secrets),
    ...(c.argv === undefined ? [] : [argvSource(c.argv)]),
    ...either('store', SEQUENCE.store, c.store, true),
    ...(c.overrides === undefined ? [] : [objectSource('overrides', SEQUENCE.overrides, c.overrides)]),
  ];
}

/** The context of a program that runs by itself. */
export function contextOf(host: Host): RunContext {
  const found = host.packageConfig();
  const config = found?.config;
  return {
    own: true, argv: host.argv, env: host.env, cwd: host.cwd, out: (text) => { host.out(text); }, stdin: () => host.stdin(),
    ...(typeof config === 'object' && config !== null && !Array.isArray(config) ? { packageConfig: config as PartialConfig } : {}),
  };
}
