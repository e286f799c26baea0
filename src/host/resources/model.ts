/**
 * What the parts of this room hand each other. Modules of others are written in JavaScript after Deployd's documents:
 * what they give us is typed as loosely as it arrives and looked at where it is used.
 */
import type http from 'node:http';
import type { Context } from './context.js';
import type { Resource } from './resource.js';

export type Bag = Record<string, unknown>;
export type Done = (error?: unknown, result?: unknown) => void;

/** What this room needs of `process.server`. */
export interface HostServer extends http.Server {
  readonly options: { readonly env: string; readonly port?: number; readonly host?: string };
  readonly sockets?: unknown;
  readonly createStore?: (namespace: string) => unknown;
}

export interface Log {
  info(text: string): void;
  warn(text: string): void;
  error(text: string): void;
}

/** A function of a type that HTTP reaches: `(options, ctx, done)`, with the resource as `this`. */
export type External = (this: Resource, options: unknown, ctx: Context, done: Done) => unknown;

export interface ResourceOptions {
  readonly config: Bag;
  /** Folder of the instance, absolute. */
  readonly configPath: string;
  readonly server: HostServer;
  readonly db?: unknown;
}

/** A class of resources with what its author says of it. All but the constructor is optional. */
export interface ResourceType {
  new (name: string, options: ResourceOptions): Resource;
  readonly name: string;
  readonly prototype: Resource;
  readonly label?: unknown;
  readonly defaultPath?: unknown;
  readonly events?: unknown;
  readonly external?: unknown;
  /** Fields of the configuration, as the container has them. */
  readonly schema?: unknown;
  readonly basicDashboard?: unknown;
  readonly dashboard?: unknown;
  readonly selfHost?: unknown;
}

/** What a script or a client is told of the one who asks. */
export interface Session {
  /** The caller showed the host's root token, or is the host itself. */
  readonly isRoot: boolean;
  /** For a module that knows users to set, in its `handleSession`. */
  user?: unknown;
  /** Kept by `save`. */
  readonly data: Bag;
  readonly sid: string;
  /** Nothing is kept of him so far. */
  isNew(): boolean;
  set(values: Readonly<Bag>): this;
  /** Durable when it resolves; the visitor is given a cookie that lasts 30 days from his last visit. */
  save(done?: Done): Promise<this>;
  /** Logs out: what is kept of him is removed, and his cookie with it. */
  remove(done?: Done): Promise<void>;
}

/** An error that says what the answer's status is. */
export class HttpFault extends Error {
  readonly statusCode: number;
  readonly errors?: unknown;

  constructor(statusCode: number, message: string, errors?: unknown) {
    super(message);
    this.name = 'HttpFault';
    this.statusCode = statusCode;
    if (errors !== undefined) this.errors = errors;
  }
}

export function isBag(v: unknown): v is Bag {
  return typeof v === 'object' && v !== null && !Array.isArray(v);
}

export function isThenable(v: unknown): v is PromiseLike<unknown> {
  return typeof v === 'object' && v !== null && typeof (v as { then?: unknown }).then === 'function';
}
