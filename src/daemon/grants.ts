import { MgrError } from '../base/errors.js';
import { type Right, rightsText } from '../config/permissions.js';
import type { MethodName } from '../protocol/contract.js';
import type { Handlers, Legacy } from '../rpc/server.js';
import { parseKey } from '../store/settings-key.js';

/** Whose calls they are, and what they may. */
export interface Grant { readonly module: string; readonly rights: readonly Right[] }

/** Told of each refusal. */
export type OnRefused = (method: string, text: string) => void;

/** What a call needs: a right; `own`: `read`, and only the module's own settings. What stands here not is refused. */
type Need = Right | 'own' | undefined;

/** A call that would start something new, change a declaration or the manager itself is in no right: it could give itself any other. */
const NEEDS: Readonly<Partial<Record<MethodName, Need>>> = {
  'hello': undefined,
  'process.list': 'read', 'process.describe': 'read', 'process.jlist': 'read', 'process.env': 'read', 'process.explain': 'read', 'process.metrics': 'read', 'logs.files': 'read', 'module.list': 'read',
  'settings.get': 'own', 'settings.form': 'own',
  'process.stop': 'control', 'process.restart': 'control', 'process.reload': 'control', 'process.scale': 'control', 'process.reset': 'control', 'process.signal': 'control',
  'process.send': 'control', 'process.trigger': 'control', 'process.stdin': 'control', 'logs.reopen': 'control',
};

/** PM2's calls. What does nothing here needs nothing. */
const PM2_NEEDS: Readonly<Record<string, Need>> = {
  ping: undefined, getVersion: undefined, lock: undefined, unlock: undefined, forceGc: undefined, monitor: undefined, unmonitor: undefined, launchSysMonitoring: undefined,
  getMonitorData: 'read', getSystemData: 'read', getReport: 'read', findByFullPath: 'read',
  startProcessId: 'control', stopProcessId: 'control', restartProcessId: 'control', reloadProcessId: 'control', softReloadProcessId: 'control', duplicateProcessId: 'control',
  resetMetaProcessId: 'control', sendSignalToProcessId: 'control', sendSignalToProcessName: 'control', sendDataToProcessId: 'control', sendLineToStdin: 'control', msgProcess: 'control',
  stopWatch: 'control', startWatch: 'control', toggleWatch: 'control', restartWatch: 'control', notifyByProcessId: 'control', reloadLogs: 'control',
};

/** The handlers as a module's connections find them. `grant` is asked at each call: an update of the module may have changed it. */
export function grantedHandlers(all: Handlers, grant: () => Grant, onRefused: OnRefused): Handlers {
  return Object.fromEntries(Object.entries(all).map(([method, handle]) => [method, (params: Bag, call: never): unknown => {
    const { module, rights } = grant();
    const refuse = (what: string, needs?: Need): MgrError => refused(module, rights, what, needs, onRefused);
    const known = Object.hasOwn(NEEDS, method);
    const need = NEEDS[method as MethodName];
    if (!known || !has(rights, need)) throw refuse(method, known ? need : undefined);
    if (params['secrets'] === true) throw refuse(`${method} with secrets`);
    // Other variables or options would be another program: NODE_OPTIONS alone runs anything.
    if (params['env'] !== undefined || params['patch'] !== undefined) throw refuse(`${method} with another declaration`);
    if (need === 'own' && sectionOf(params) !== module) throw refuse(`${method} for the settings of others`);
    const answer = (handle as (params: Bag, call: never) => unknown)(params, call);
    // What people are to see is nothing for programs: paths and names are in it.
    return method === 'hello' ? { ...answer as object, notices: [] } : answer;
  }])) as unknown as Handlers;
}

/** The same for PM2's clients. They send their environment along by themselves, which is left out. */
export function grantedLegacy(legacy: Legacy, grant: () => Grant, onRefused: OnRefused): Legacy {
  return (body, reply) => {
    const { type, method, args } = bag(body);
    if (type === 'methods' || typeof method !== 'string') return legacy(body, reply);
    const { module, rights } = grant();
    const known = Object.hasOwn(PM2_NEEDS, method);
    if (!known || !has(rights, PM2_NEEDS[method])) {
      const { message, hint } = refused(module, rights, method, known ? PM2_NEEDS[method] : undefined, onRefused);
      return reply({ error: hint === undefined ? message : `${message}; ${hint}` });
    }
    const first: unknown = Array.isArray(args) ? args[0] : undefined;
    const bare = /^(?:soft)?re(?:start|load)ProcessId$/i.test(method) && typeof first === 'object' && first !== null ? [{ id: bag(first)['id'] }] : args;
    return legacy({ ...bag(body), args: bare }, reply);
  };
}

/** Whose settings are asked for; undefined: everybody's. */
function sectionOf({ key, module }: Bag): unknown {
  return typeof key === 'string' && key !== 'all' ? parseKey(key)[0] : key ?? module;
}

function has(rights: readonly Right[], need: Need): boolean {
  const right = need === 'own' ? 'read' : need;
  return right === undefined || rights.includes(right) || (right === 'read' && rights.includes('control'));
}

function refused(module: string, rights: readonly Right[], method: string, need: Need, onRefused: OnRefused): MgrError {
  const error = new MgrError('PERMISSION_DENIED', { module, method, declared: rightsText(rights), ...(need !== undefined && { needs: need === 'own' ? 'read' : need }) });
  onRefused(method, error.message);
  return error;
}

type Bag = Readonly<Record<string, unknown>>;
const bag = (v: unknown): Bag => (typeof v === 'object' && v !== null ? v as Bag : {});
