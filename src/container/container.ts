/** `mgr/container`: named singletons in a graph of dependencies, with schema, injection, lifecycle, providers and hot reload. */
export { ModuleManager, type ManagerOptions, type RunResult } from './manager.js';
export { SETTINGS as SETTING_NAMES } from './settings.js';
export { defineModule } from './define.js';
export { processContext, runProgram } from './program.js';
export { ModuleError, RunError, type ModuleErrorCode, type Phase } from './errors.js';
export { nameForms, type NameForms } from './names.js';
export { schema, type AnyClass, type BasicType, type ConfigOf, type FieldSpec, type Modules, type SchemaSpec } from './config-of.js';
export { SEQUENCE, argvSource, envSource, fileSource, objectSource, withSequence, type Loaded, type Source, type SourceContext } from './sources.js';
export { sourcesOf, type RunContext, type Values } from './run-context.js';
export { validate, type Check, type Operators, type StandardSchema, type Validator, type Verdict } from './validators.js';
export type { CustomType } from './coerce.js';
export type { Layer } from './layers.js';
export type { FieldChange, ReloadOutcome, ReloadReport } from './reload.js';
export type {
  Change, Ctx, Definition, GraphNode, Lifecycle, Logger, MaybePromise, ModuleDefinition, ModuleInfo, ModuleOptions, PartialConfig, Resolver, Timeouts,
} from './types.js';
