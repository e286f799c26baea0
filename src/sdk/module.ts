/** What a module imports: `mgr/module`. One state per program, whichever way it is loaded. */
import type { ActionHandler, ActionOptions } from './actions.js';
import type { Config } from './config.js';
import type { Container } from './contained.js';
import type { ModuleConfig, ModuleFacts, ModuleOptions } from './init.js';
import type { Counter, Gauge, Histogram, Meter, MetricValue } from './kinds.js';
import type { GaugeOptions, HistogramOptions, MeterOptions, MetricOptions } from './metrics.js';
import type { Jobs } from '../jobs/types.js';
import { lazyJobs } from './jobs.js';
import { thisProgram } from './program.js';
import type { ConfigHandler } from './reloading.js';
import { Sdk } from './sdk.js';
import type { StopHandler } from './stop.js';

export type { Job, JobHandler, Jobs } from '../jobs/types.js';
export type { ActionCall, ActionHandler, ActionOptions } from './actions.js';
export type { Config, ConfigChange } from './config.js';
export type { ModuleConfig, ModuleFacts, ModuleOptions, Widget } from './init.js';
export type { Counter, Gauge, Histogram, HistogramResults, Measurement, Meter, MetricValue } from './kinds.js';
export type { GaugeOptions, HistogramOptions, MeterOptions, MetricOptions } from './metrics.js';
export type { Container } from './contained.js';
export type { ConfigHandler } from './reloading.js';
export type { StopHandler } from './stop.js';
export { resolvePidPaths } from './sdk.js';

const sdk = new Sdk(thisProgram());

/**
 * Tells the manager that this is a module, and gives its configuration: `config` of package.json, the variables
 * `MODULE_NAME_KEY` over it, what was set with `mgr set <module>:<key>` over both. A text becomes a number, a boolean, a
 * list or an object where the default is one. The same object as `config`; it can be awaited, and is given to
 * `callback` too. Throws, or calls back with, what is wrong with package.json.
 */
export function initModule<C extends object = Config>(options?: ModuleOptions, callback?: (error: Error | null, config?: C & ModuleFacts) => void): ModuleConfig<C> {
  return sdk.initModule<C>(options, callback);
}

/** The configuration, at any time the present one. */
export const config: Config = sdk.config;

/** A value by name: set it, or give a function that is asked for it. Shown by `mgr describe`. */
export function metric<V extends MetricValue = MetricValue>(what: string | GaugeOptions<V>, read?: () => V): Gauge<V> { return sdk.metrics.gauge(what, read); }

/** A number that goes up and down: `set`. */
export function gauge(what: string | GaugeOptions<number>, read?: () => number): Gauge<number> { return sdk.metrics.gauge(what, read); }

/** Counts: `inc`, `dec`, `reset`. */
export function counter(what: string | MetricOptions): Counter { return sdk.metrics.counter(what); }

/** How many per second: `mark`. */
export function meter(what: string | MeterOptions): Meter { return sdk.metrics.meter(what); }

/** How values are spread: `update`. `measurement` is what is shown: `p95`, `mean`, `max`, … */
export function histogram(what: string | HistogramOptions): Histogram { return sdk.metrics.histogram(what); }

/** What `mgr trigger <module> <name> [params]` does. It keeps the program alive while a manager is there. */
export function action(name: string, handler: ActionHandler): void;
export function action(name: string, options: ActionOptions, handler: ActionHandler): void;
export function action(name: string, first: ActionHandler | ActionOptions, second?: ActionHandler): void { sdk.action(name, first, second); }

/** An action that answers in parts: a generator, or `call.send(part)` and `call.end()`. */
export function scopedAction(name: string, handler: ActionHandler): void { sdk.action(name, { scoped: true }, handler); }

/** An event of the module's own, on the manager's bus as `human:event`. */
export function emit(name: string, data?: unknown): void { sdk.emit(name, data); }

/** An error that was caught but should be known of, on the bus as `process:exception`. */
export function notifyError(error: unknown, context?: Readonly<Record<string, unknown>>): void { sdk.notifyError(error, context); }

/** The program does its work now: where `wait_ready` is set, it counts as online from here. */
export function ready(): void { sdk.link.send('ready'); }

/**
 * With this the module takes new settings without a restart: `config` is changed, then the handler called with it and
 * with what it was. What it throws makes the change undone and is told to whoever typed `mgr set`. Under PM2, which
 * restarts a module for each setting, it is never called.
 */
export function onConfig(handler: ConfigHandler): void { sdk.reloading.add(handler); }

/**
 * The module is a container: a `ModuleManager` of `mgr/container` whose settings are those of the module. What was set
 * with `mgr set <module>:<key>` is its strongest layer, `config` of package.json its weakest but the schemas' defaults; its
 * schemas are what `mgr conf` shows and `mgr set` checks. Modules with `reload` take new settings while running; for others
 * the manager restarts the program. It is ready when all are started, and ends as they do. Resolves when it has ended.
 */
export function runContainer(container: Container, options?: ModuleOptions): Promise<void> { return sdk.runContainer(container, options); }

/** What is to be done before the program ends on request; may take its time, up to the app's `kill_timeout`. */
export function onStop(handler: StopHandler): void { sdk.stop.add(handler); }

/** A folder of the module's own that outlives its updates, 0700; made when it is asked for. */
export function dataDir(): string { return sdk.dataDir(); }

/**
 * Work that is done once, however many programs wait for it: `jobs.define`, `jobs.add`, `jobs.schedule`. What `mgr/jobs`
 * has; loaded and opened at first use. Outside of the manager a call throws, unless MGR_HOME is set.
 */
export const jobs: Jobs = lazyJobs(sdk.stop);
