import { EventEmitter } from 'node:events';
import type { Context } from './context.js';
import type { Bag, Done, ResourceOptions } from './model.js';
import { type Script, loadScripts } from './script.js';

/**
 * What answers the requests below one path. Emits `changed` and `deleted` with the configuration.
 * Types derive from it with `class`, or with `util.inherits` and `Resource.apply(this, arguments)`.
 */
export interface Resource extends EventEmitter {
  /** `todos`, or `shop/todos` */
  readonly name: string;
  /** `/todos` */
  path: string;
  readonly options: ResourceOptions;
  config: Bag;
  /** Event scripts that exist, by the name of their event in lower case. */
  events: Record<string, Script>;
  readonly __resource__: true;
  /** Clients (`dpd.<name>` in scripts and in the browser) offer this resource. */
  clientGeneration?: boolean;
  /** Functions that these clients have besides: asked with GET, and with POST. */
  clientGenerationGet?: readonly string[];
  clientGenerationExec?: readonly string[];
  external?: unknown;
  /** Answers with `ctx.done`, `ctx.end` or `ctx.res`, or gives the request on with `next()`. */
  handle(ctx: Context, next: () => void): unknown;
  /** Called for each request before any resource handles it. */
  handleSession?(ctx: Context, next: Done): unknown;
  /** Called once, after the constructor and before the first request. The default loads the event scripts. */
  load(done: Done): unknown;
  /** The configuration was edited: a new instance takes over with it. `config.id` differs from the name when it was renamed. */
  configChanged(config: Bag, done: Done): unknown;
  configDeleted(config: Bag, done: Done): unknown;
}

interface ResourceConstructor {
  new (name: string, options: ResourceOptions): Resource;
  (this: object, name: string, options: ResourceOptions): void;
  readonly prototype: Resource;
}

// A function and no class: a class cannot be applied to an object that exists, which is how Deployd's modules derive.
function base(this: Resource & { name: string; options: ResourceOptions }, name: string, options: ResourceOptions): void {
  Reflect.apply(EventEmitter as unknown as (this: object) => void, this, []);
  this.name = name;
  this.path = `/${name}`.replace(/\/+/g, '/');
  this.options = options;
  this.config = options?.config ?? {};
  this.events = {};
}

const methods: Pick<Resource, '__resource__' | 'clientGeneration' | 'handle' | 'load' | 'configChanged' | 'configDeleted'> & ThisType<Resource> = {
  __resource__: true,
  clientGeneration: false,
  handle(_ctx, next) { next(); },
  load(done) {
    this.events = loadScripts(this.options.configPath, eventsOf(this.constructor));
    done();
  },
  configChanged(config, done) {
    this.emit('changed', config);
    done();
  },
  configDeleted(config, done) {
    this.emit('deleted', config);
    done();
  },
};

base.prototype = Object.create(EventEmitter.prototype, {
  ...Object.getOwnPropertyDescriptors(methods),
  constructor: { value: base, writable: true, configurable: true },
  // The options hold the server: what is logged or answered as JSON is the instance's own.
  toJSON: { value(this: Resource) { return { ...this.config, id: this.name }; }, writable: true, configurable: true },
});
Object.defineProperty(base, 'name', { value: 'Resource' });

// oxlint-disable-next-line typescript/no-redeclare -- the class and its instance, as a class would declare them
export const Resource = base as unknown as ResourceConstructor;

/** The events a type names. */
export function eventsOf(type: unknown): string[] {
  const events: unknown = (type as { readonly events?: unknown } | undefined)?.events;
  return Array.isArray(events) ? events.filter((e): e is string => typeof e === 'string') : [];
}
