import { SETTINGS } from './settings.js';
import { DEFINITION, type Lifecycle, type ModuleDefinition, type ModuleInfo } from './types.js';
import type { ConfigOf, SchemaSpec } from './config-of.js';

/**
 * A module without a class: its settings, its lifecycle methods and whatever else it offers, in one object.
 * `config` is typed by `schema` and assigned to `this` too, unless `inject` is false. Its `name` is needed for registration, here or as an option.
 */
export function defineModule<const S extends SchemaSpec, M extends object = object>(
  info: ModuleInfo<S> & Lifecycle<ConfigOf<S>> & M & ThisType<M & ConfigOf<S>>,
): ModuleDefinition<S, M> {
  const settings: Record<string, unknown> = {};
  const rest: PropertyDescriptorMap = {};
  for (const [key, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(info))) {
    if ((SETTINGS as readonly string[]).includes(key)) settings[key] = Reflect.get(info, key);
    else rest[key] = { ...descriptor, enumerable: false };
  }
  settings['inject'] ??= true;
  // A class of its own, so that every rule for classes holds; methods on the prototype, values on each instance.
  const ModuleClass = class {
    static readonly moduleInfo = settings;
    constructor() {
      for (const [key, d] of Object.entries(rest)) if ('value' in d && typeof d.value !== 'function') Object.defineProperty(this, key, { ...d, enumerable: true });
    }
  };
  Object.defineProperties(ModuleClass.prototype, Object.fromEntries(Object.entries(rest).filter(([, d]) => !('value' in d) || typeof d.value === 'function')));
  Object.defineProperty(ModuleClass, 'name', { value: '' });
  return { [DEFINITION]: true, info: settings, ModuleClass: ModuleClass as unknown as ModuleDefinition<S, M>['ModuleClass'] };
}
