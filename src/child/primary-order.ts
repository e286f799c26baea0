/** What the daemon tells a primary. supervisor/launch/primary.ts has the other end. */
export type Order = BearOrder
  /** Taken back: kill it if it lives already. */
  | { readonly do: 'cancel'; readonly token: string }
  /** Its end was heard. */
  | { readonly do: 'known'; readonly token: string }
  | { readonly do: 'end' };

/** A port or a path. `mode`: of a socket file. */
export interface ListenAt { readonly port?: number; readonly host?: string; readonly path?: string; readonly mode?: number }

export interface BearOrder {
  readonly do: 'bear';
  readonly token: string;
  /** By node:cluster; else as any program. */
  readonly worker: boolean;
  /** It is given spare descriptors of its sockets, see inherit.ts. */
  readonly node: boolean;
  readonly file: string;
  readonly execArgv: readonly string[];
  /** A worker's. */
  readonly script: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly uid?: number;
  readonly gid?: number;
  /** FIFOs. */
  readonly in?: string;
  readonly out: string;
  readonly err: string;
  /** Where its end is written when no daemon lives. */
  readonly note: string;
  /** Folder whose descriptor comes last (supervisor/launch/door.ts). */
  readonly door?: string;
  readonly listen: readonly ListenAt[];
}


