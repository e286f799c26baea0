import { nearest } from '../base/nearest.js';
import { basicTypes, isBasic } from './coerce.js';
import { CHECKS } from './checks.js';
import { checkValue, formOf } from './form.js';
import { isPlain, type Field } from './schema.js';

/**
 * What is wrong with the settings that a package.json declares, before anybody has the module: the field and the reason.
 * Only what JSON can say; a container's own types are declared in its code. Undefined: nothing.
 */
export async function formFault(pkg: unknown, module: string): Promise<string | undefined> {
  const mgr = isPlain(pkg) ? pkg['mgr'] : undefined;
  if (mgr !== undefined && !isPlain(mgr)) return `\`mgr\`: got ${JSON.stringify(mgr)}, wanted an object`;
  if (isPlain(mgr) && mgr['reload'] !== undefined && typeof mgr['reload'] !== 'boolean') return `\`mgr.reload\`: got ${JSON.stringify(mgr['reload'])}, wanted true or false`;
  if (!isPlain(mgr) || mgr['schema'] === undefined) return undefined;
  let form;
  try {
    form = formOf(pkg, module);
  } catch (e) {
    return (e instanceof Error ? e.message : String(e)).replace(`${module}: schema`, 'mgr.schema');
  }
  for (const field of form.fields) {
    const why = await fieldFault(field);
    if (why !== undefined) return `mgr.schema field \`${field.path.join('.')}\`: ${why}`;
  }
  return undefined;
}

async function fieldFault(field: Field): Promise<string | undefined> {
  const { type, items, validator, default: usual, required } = field;
  if (typeof type !== 'string' || !isBasic(type)) return `unknown type \`${String(type)}\`${meant(String(type), basicTypes())}`;
  if (!isBasic(items)) return `unknown type \`${items}\` of its members${meant(items, basicTypes())}`;
  const bad = validator === undefined ? undefined : validatorFault(validator);
  if (bad !== undefined) return bad;
  if (usual === undefined) return undefined;
  if (required) return 'it is required and has a default: one of the two';
  // A file may well not be there where the module is made.
  const read = await checkValue({ ...field, ...(asksDisk(validator) && { validator: undefined }) }, usual, '/');
  return read.ok ? undefined : `its default: got ${field.secret ? 'a secret' : JSON.stringify(usual)}, wanted ${read.wanted}`;
}

const OPERATORS = ['$and', '$or', '$not', '$in', '$eq', '$range', '$length', '$each', '$matches'];
const ON_DISK = ['file', 'directory', 'executable', 'writable'];

function validatorFault(v: unknown): string | undefined {
  if (typeof v === 'string') {
    const name = v.replace(/^\$/, '');
    return Object.hasOwn(CHECKS, name) ? undefined : `unknown validator \`${v}\`${meant(name, Object.keys(CHECKS), '$')}`;
  }
  if (Array.isArray(v)) return first(v);
  if (!isPlain(v)) return `validator: got ${JSON.stringify(v)}, wanted "$name", an object of operators or a list of these`;
  for (const [key, operand] of Object.entries(v)) {
    if (!OPERATORS.includes(key)) return `unknown operator \`${key}\` in its validator${meant(key, OPERATORS)}`;
    if ((key === '$in' || key === '$and' || key === '$or') && (!Array.isArray(operand) || operand.length === 0)) return `validator \`${key}\` (\`enum\`): wanted a list with something in it`;
    if (key === '$range' && !bounds(operand)) return 'validator `$range`: wanted [least, most] or {"min": …, "max": …}, of numbers';
    if (key === '$length' && typeof operand !== 'number' && !bounds(operand)) return 'validator `$length`: wanted a number, [least, most] or {"min": …, "max": …}';
    if (key === '$matches' && !pattern(operand)) return `validator \`$matches\`: ${JSON.stringify(operand)} is no regular expression`;
    const inner = key === '$and' || key === '$or' ? first(operand as unknown[]) : key === '$not' || key === '$each' ? validatorFault(operand) : undefined;
    if (inner !== undefined) return inner;
  }
  return undefined;
}

const first = (list: readonly unknown[]): string | undefined => list.map(validatorFault).find((why) => why !== undefined);
const number = (v: unknown): boolean => typeof v === 'number';
const bounds = (v: unknown): boolean => (Array.isArray(v) ? v.length === 2 && v.every(number) : isPlain(v) && Object.entries(v).every(([k, n]) => (k === 'min' || k === 'max') && number(n)));

function pattern(source: unknown): boolean {
  if (typeof source !== 'string') return false;
  try { return new RegExp(source, 'u').source !== ''; } catch { return false; /* that it throws is the answer */ }
}

function asksDisk(v: unknown): boolean {
  if (typeof v === 'string') return ON_DISK.includes(v.replace(/^\$/, ''));
  return Array.isArray(v) ? v.some(asksDisk) : isPlain(v) && Object.values(v).some(asksDisk);
}

function meant(word: string, among: readonly string[], prefix = ''): string {
  const near = nearest(word, among);
  return near === undefined ? `, wanted one of ${among.map((a) => prefix + a).join(', ')}` : `; did you mean \`${prefix}${near}\`?`;
}
