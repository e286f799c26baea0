/**
 * The command line's room, in reading order: main.ts (the process: exit status, streams, signals) -> run.ts (one command,
 * from words to exit status) -> verbs.ts (the table of commands) -> commands/<family>.ts -> render/<view>.ts.
 * A command sees only what stands here, so that a test can be its terminal and its daemon.
 */
import type { InstallOptions, installModule } from '../client/install.js';
import type { Home } from '../base/paths.js';
import type { EventName, Events, MethodName, Params, Result, Subscription } from '../protocol/contract.js';
import type { Output, Sink } from './output.js';
import type { Verb } from './hot.js';

/** A connection to the daemon, as far as a command needs it. */
export interface Caller {
  call<M extends MethodName>(method: M, params: Params<M>, options?: { deadline?: number }): Promise<Result<M>>;
  close(): void;
}

export interface Follower {
  close(): void;
}

/** One pushed event. */
export type Pushed = { [E in EventName]: { readonly event: E; readonly payload: Events[E] } }[EventName];

/** See client/follow.ts. */
export interface Listener {
  readonly on: (e: Pushed) => void;
  readonly lost: () => void;
  readonly dropped?: (lines: number) => void;
}

export type Env = Readonly<Record<string, string | undefined>>;

/** Everything outside: the process, the terminal, the daemon. Built by main.ts, faked by tests. */
export interface World {
  /** Words after `mgr`. */
  readonly argv: readonly string[];
  readonly env: Env;
  readonly stdout: Sink;
  readonly stderr: Sink;
  cwd(): string;
  userHome(): string;
  /** Facts that only some commands need, so they are asked for late. */
  machine(): Machine;
  stdin(): Promise<string>;
  /** What is typed or piped in, in pieces as it comes; ends with the input. */
  input(): AsyncIterable<string>;
  /** Wall-clock ms. */
  now(): number;
  /** Connects; starts the daemon when none answers, and says so through `notice`. */
  ensure(home: Home, notice: (text: string) => void): Promise<Caller>;
  /** Connects to a living daemon; DAEMON_DOWN when there is none. */
  connect(home: Home): Promise<Caller>;
  follow(home: Home, subscription: Subscription, listener: Listener): Promise<Follower>;
  /** Calls `fn` at Ctrl-C or SIGTERM instead of dying. The returned function takes it back. */
  onInterrupt(fn: () => void): () => void;
  /** Prepares a module in the installer process and has the daemon take it over. */
  install(caller: Caller, options: Omit<InstallOptions, 'installer'>): ReturnType<typeof installModule>;
  /** True while a process with this pid exists. */
  alive(pid: number): boolean;
  sleep(ms: number): Promise<void>;
}

export interface Machine {
  readonly username: string;
  readonly uid: number;
  readonly cpus: number;
  /** The Node that runs this command. */
  readonly execPath: string;
  readonly nodeVersion: string;
  /** The folder of our programs (dist). */
  readonly dist: string;
}

/** What a command works with. */
export interface Cli {
  readonly world: World;
  readonly home: Home;
  readonly out: Output;
  /** Every command, for those that speak of the others. */
  verbs(): Promise<readonly Verb[]>;
  /** The connection of this command, opened on first use. */
  daemon(): Promise<Caller>;
}

/** Values of the flags by their long name in camelCase, as commander gives them. */
export type Options = Readonly<Record<string, unknown>>;

export interface Input {
  readonly verb: string;
  readonly args: readonly string[];
  readonly options: Options;
  /** Words after `--`; undefined when there was no `--`. */
  readonly rest?: readonly string[];
}

export interface OptionRow {
  /** Commander's notation: `-n, --name <name>`. */
  readonly flags: string;
  readonly summary: string;
  /** May be given several times; the values are gathered. */
  readonly repeat?: boolean;
  /** Understood, but not worth a line in the help. */
  readonly hidden?: boolean;
}

export interface Command {
  /** Commander's notation: `<targets...>`, `[name]`. Undefined: none. */
  readonly args?: string;
  readonly options?: readonly OptionRow[];
  /** Words that look like unknown options are arguments (values such as `-5`). */
  readonly loose?: boolean;
  /** What its help tells besides, for these words. */
  more?(cli: Cli, words: readonly string[]): Promise<string | undefined>;
  /** The exit status. */
  run(cli: Cli, input: Input): Promise<number>;
}
