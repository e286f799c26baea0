import type { Simple } from './condition.js';

/** A condition in SQL over the columns `id` and `body`, true for the documents that match and for no others. */
export interface Part { readonly sql: string; readonly params: readonly (string | number)[] }

/**
 * The condition in SQL, or undefined where SQLite would find other documents than we do: below the first level a path may go
 * through lists, and a text that looks like an operator of JSON paths is left to us.
 */
export function columnOf(key: string, path: readonly string[], simple: Simple): Part | undefined {
  if (key === 'id') return idColumn(simple);
  if (path.length !== 1 || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) return undefined;
  const at = `$.${key}`;
  // json_each gives a scalar as itself and a list by its members, which is what we match; of an object it would give the
  // fields, so those are left out. The type is asked too: true is 1 to SQLite.
  const each = (test: string): string => `(json_type(body, '${at}') <> 'object' AND EXISTS (SELECT 1 FROM json_each(body, '${at}') AS e WHERE ${test}))`;
  if (simple.op === 'in') {
    const numbers = simple.values.filter((v) => typeof v === 'number');
    const texts = simple.values.filter((v) => typeof v === 'string');
    const tests = [numbers.length > 0 && `(${NUMBER} AND e.value IN (${marks(numbers)}))`, texts.length > 0 && `(${TEXT} AND e.value IN (${marks(texts)}))`].filter((t) => t !== false);
    return { sql: each(`(${tests.join(' OR ')})`), params: [...numbers, ...texts] };
  }
  if (typeof simple.value === 'boolean') return { sql: each(`e.type = '${simple.value}'`), params: [] };
  return { sql: each(`${typeof simple.value === 'number' ? NUMBER : TEXT} AND e.value ${simple.op} ?`), params: [simple.value] };
}

const NUMBER = "e.type IN ('integer', 'real')";
const TEXT = "e.type = 'text'";

// Ids are texts, always.
function idColumn(simple: Simple): Part | undefined {
  const values = simple.op === 'in' ? simple.values : [simple.value];
  if (!values.every((v) => typeof v === 'string')) return undefined;
  return { sql: simple.op === 'in' ? `id IN (${marks(values)})` : `id ${simple.op} ?`, params: values };
}

function marks(values: readonly unknown[]): string { return values.map(() => '?').join(', '); }
