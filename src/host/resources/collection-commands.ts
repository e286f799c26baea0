import { isDeepStrictEqual } from 'node:util';
import { type Property } from './collection-values.js';
import { type Bag, HttpFault, isBag } from './model.js';

/** Commands of an update by property: `{ score: { $inc: 5 } }`. */
export interface Commands {
  /** Property -> operator of the store and its operand. */
  readonly by: ReadonlyMap<string, readonly [operator: string, operand: unknown]>;
  /** The values that they make of a document, for scripts to look at. */
  after(old: Bag): Bag;
}

/** Parts a body into commands and plain values. Throws HttpFault 400 for a command that is none. */
export function commandsOf(properties: Readonly<Record<string, Property>>, body: unknown): { readonly commands: Commands; readonly values: Bag } {
  if (!isBag(body)) throw new HttpFault(400, 'wanted one object');
  const by = new Map<string, readonly [string, unknown]>();
  const values: Bag = {};
  for (const [name, value] of Object.entries(body)) {
    const [operator, ...more] = isBag(value) ? Object.keys(value) : [];
    if (operator === undefined || !operator.startsWith('$') || !isBag(value)) { values[name] = value; continue; }
    const known = OPERATORS[operator];
    if (known === undefined || more.length > 0) throw new HttpFault(400, `${name}: got ${[operator, ...more].join(', ')}, wanted one of ${Object.keys(OPERATORS).join(', ')}`, { [name]: 'is no command' });
    if (Object.hasOwn(properties, name)) by.set(name, [known, value[operator]]);
  }
  return { values, commands: { by, after: (old) => Object.fromEntries([...by].map(([name, [op, operand]]) => [name, AFTER[op]?.(old[name], operand, name)])) } };
}

/**
 * The update for the store. A property whose command no script overruled goes as the command: the store carries it out on
 * the document as it is then, so that two who count up at once both count.
 */
export function changesOf(properties: Readonly<Record<string, Property>>, old: Bag, item: Bag, computed: Bag, commands: Commands): Bag {
  const changes: Record<string, Bag> = {};
  const add = (operator: string, name: string, operand: unknown): void => { (changes[operator] ??= {})[name] = operand; };
  for (const name of Object.keys(properties)) {
    const command = commands.by.get(name);
    if (command !== undefined && isDeepStrictEqual(item[name], computed[name])) add(command[0], name, command[1]);
    else if (item[name] === undefined) { if (old[name] !== undefined) add('$unset', name, true); } else if (!isDeepStrictEqual(item[name], old[name])) add('$set', name, item[name]);
  }
  return changes;
}

/** Deployd's words -> the store's. */
const OPERATORS: Readonly<Record<string, string>> = { $inc: '$inc', $push: '$push', $pushAll: '$pushAll', $pull: '$pull', $addUnique: '$addUnique', $addToSet: '$addUnique', $unset: '$unset', $set: '$set' };

const AFTER: Readonly<Record<string, (now: unknown, operand: unknown, name: string) => unknown>> = {
  $inc: (now, n, name) => {
    if (typeof n !== 'number') throw new HttpFault(400, `${name}: $inc wants a number`, { [name]: 'is no number' });
    return (typeof now === 'number' ? now : 0) + n;
  },
  $push: (now, item) => [...list(now), item],
  $pushAll: (now, items) => [...list(now), ...list(items)],
  $pull: (now, item) => list(now).filter((i) => !isDeepStrictEqual(i, item)),
  $addUnique: (now, given) => (Array.isArray(given) ? given : [given]).reduce<unknown[]>((out, item) => (out.some((o) => isDeepStrictEqual(o, item)) ? out : [...out, item]), list(now)),
  $unset: () => undefined,
  $set: (_now, value) => value,
};

const list = (v: unknown): unknown[] => (Array.isArray(v) ? [...v as unknown[]] : []);
