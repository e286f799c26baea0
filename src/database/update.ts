import { condition, json, OPERATORS } from './condition.js';
import { pathOf, refuse, refuseOperator } from './refuse.js';
import { equal, isList, isObject, type Json, type JsonObject } from './value.js';

/** Fields to set, and operators: `{ name: 'Ann', $inc: { visits: 1 }, $push: { tags: 'new' } }`. */
export type Changes = { readonly [key: string]: unknown };
export type Change = (doc: JsonObject) => JsonObject;

/**
 * Reads an update. The function it gives makes the new document and leaves the old one as it is; it throws BAD_OPTION where a
 * field is not what an operator needs. The id of a document never changes.
 */
export function changeOf(changes: unknown): Change {
  if (!isObject(changes)) refuse('update', changes, 'an object');
  const steps: ((root: Tree) => void)[] = [];
  for (const [key, value] of Object.entries(changes) as [string, unknown][]) {
    if (value === undefined) continue;
    if (!key.startsWith('$')) steps.push(step('$set', key, value));
    else if (!Object.hasOwn(DO, key)) refuseOperator('update', key, Object.keys(DO));
    else if (!isObject(value)) refuse(`update.${key}`, value, 'an object of fields');
    else for (const [field, operand] of Object.entries(value) as [string, unknown][]) if (operand !== undefined) steps.push(step(key, field, operand));
  }
  return (doc) => {
    const next = structuredClone<Tree>(doc);
    for (const each of steps) each(next);
    if (next['id'] !== doc['id']) refuse('update.id', next['id'], `the id it has, ${JSON.stringify(doc['id'])}`);
    return next;
  };
}

type Tree = Record<string, Json>;
/** The value at the end of the path as it is -> as it shall be; undefined takes it away. */
type Do = (now: Json | undefined, at: string) => Json | undefined;

const DO: Readonly<Record<string, (operand: Json, at: string, given: unknown) => Do>> = {
  $set: (operand) => () => operand,
  $unset: () => () => undefined,
  $inc(operand, at) {
    if (typeof operand !== 'number') refuse(at, operand, 'a number');
    return (now, where) => {
      if (now !== undefined && typeof now !== 'number') refuse(where, now, 'a number in the document');
      return (now ?? 0) + operand;
    };
  },
  $push: (operand) => (now, where) => [...list(now, where), operand],
  $pushAll(operand, at) {
    if (!isList(operand)) refuse(at, operand, 'a list');
    return (now, where) => [...list(now, where), ...operand];
  },
  $addUnique: (operand) => (now, where) => {
    const out = [...list(now, where)];
    for (const item of isList(operand) ? operand : [operand]) if (!out.some((o) => equal(o, item))) out.push(item);
    return out;
  },
  $pull(operand, at, given) {
    const asked = isObject(given) && Object.keys(given).some((key) => OPERATORS.includes(key)) ? condition(given, at).test : undefined;
    return (now, where) => (now === undefined ? undefined : list(now, where).filter((item) => (asked === undefined ? !equal(item, operand) : !asked([item]))));
  },
};

function step(operator: string, field: string, given: unknown): (root: Tree) => void {
  const at = operator === '$set' ? `update.${field}` : `update.${operator}.${field}`;
  const path = pathOf(field);
  const act = (DO[operator] ?? refuseOperator('update', operator, Object.keys(DO)))(given instanceof RegExp ? null : json(given, at), at, given);
  return (root) => { apply(root, path, act, at); };
}

function list(now: Json | undefined, at: string): readonly Json[] {
  if (now === undefined) return [];
  if (!isList(now)) refuse(at, now, 'a list in the document');
  return now;
}

const LONGEST_GAP = 1000;

function apply(root: Tree, path: readonly string[], act: Do, at: string): void {
  let here: Tree | Json[] = root;
  for (const [i, key] of path.entries()) {
    if (Array.isArray(here) && (!/^\d{1,9}$/.test(key) || Number(key) > here.length + LONGEST_GAP)) refuse(at, key, 'a position in the list');
    const now: Json | undefined = Object.hasOwn(here, key) ? (here as Tree)[key] : undefined;
    if (i === path.length - 1) {
      put(here, key, act(now, at));
      return;
    }
    if (now !== undefined && (typeof now !== 'object' || now === null)) refuse(at, now, `an object at ${path.slice(0, i + 1).join('.')} in the document`);
    // Nothing to take away, nothing to make room for.
    if (now === undefined && act(undefined, at) === undefined) return;
    if (now === undefined) put(here, key, {});
    here = (here as Tree)[key] as Tree | Json[];
  }
}

function put(into: Tree | Json[], key: string, value: Json | undefined): void {
  if (Array.isArray(into)) {
    while (into.length < Number(key)) into.push(null);
    into[Number(key)] = value ?? null; // the places of the others stay
  } else if (value === undefined) {
    delete into[key];
  } else {
    into[key] = value;
  }
}
