/** The little of terminal-kit 3.1.4 that terminal.ts uses. */
declare module 'terminal-kit' {
  import type { EventEmitter } from 'node:events';

  /** What it needs of a standard input. */
  export interface KeySource extends EventEmitter {
    setRawMode(on: boolean): unknown;
    pause(): unknown;
    resume(): unknown;
  }
  export interface Terminal {
    readonly width: number | undefined;
    readonly height: number | undefined;
    /** Each gives the sequence for this terminal instead of writing it. */
    readonly str: { moveTo(x: number, y: number): string; eraseLine(): string; clear(): string; styleReset(): string };
    on(event: 'key', fn: (name: string, matches: readonly string[]) => void): void;
    on(event: 'resize', fn: () => void): void;
    grabInput(on: boolean | Readonly<Record<string, never>>): unknown;
    fullscreen(on: boolean): unknown;
    hideCursor(on?: boolean): unknown;
  }
  const termkit: {
    guessTerminal(): Readonly<Record<string, unknown>>;
    createTerminal(options: Readonly<Record<string, unknown>> & { readonly stdin: KeySource }): Terminal;
  };
  export default termkit;
}
