import assert from 'node:assert/strict';
import { ModuleError, ModuleManager, type Logger, type ManagerOptions, type ModuleErrorCode } from '../../src/container/container.js';

/** A container that says nothing, and what it would have said. */
export function quiet(o: ManagerOptions = {}): { manager: ModuleManager; said: string[] } {
  const said: string[] = [];
  const say = (m: string): void => { said.push(m); };
  const logger: Logger = { debug: () => {}, info: say, warn: say, error: say };
  return { manager: new ModuleManager({ logger, ...o }), said };
}

/** Whether something is thrown with this code, and its message fits. */
export function fails(code: ModuleErrorCode, ...parts: (string | RegExp)[]): (e: unknown) => boolean {
  return (e) => {
    assert.ok(e instanceof ModuleError, String(e));
    assert.equal(e.code, code, e.message);
    for (const part of parts) assert.ok(typeof part === 'string' ? e.message.includes(part) : part.test(e.message), `${e.message}\n  does not have ${String(part)}`);
    return true;
  };
}

/** A class that writes the order of its calls into `log` as `name.phase`. */
export function traced(log: string[], name: string, o: { needs?: (new () => object)[]; main?: boolean; delay?: () => number; throws?: string } = {}): new () => object {
  const call = (phase: string) => async (): Promise<void> => {
    const ms = o.delay?.() ?? 0;
    if (ms > 0) await new Promise((r) => setTimeout(r, ms));
    if (o.throws === phase) throw new Error(`${name} does not ${phase}`);
    log.push(`${name}.${phase}`);
  };
  class Traced {}
  Object.defineProperty(Traced, 'name', { value: name });
  Object.defineProperty(Traced, 'moduleSchema', { value: Object.fromEntries((o.needs ?? []).map((n, i) => [`need${i}`, { type: n }])) });
  for (const phase of ['init', 'start', 'stop', 'terminate', ...(o.main === true ? ['main'] : [])]) Object.defineProperty(Traced.prototype, phase, { value: call(phase), configurable: true });
  return Traced;
}
