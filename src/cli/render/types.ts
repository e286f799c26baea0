import type { FormView } from '../../protocol/views.js';

type Bag = Readonly<Record<string, unknown>>;

/** The settings of a module as TypeScript: `config` of mgr/module has these types where this file is part of the program. */
export function renderTypes({ module, schema }: FormView): string {
  return `// mgr module:types ${module}\nexport {};\n\ndeclare module 'mgr/module' {\n  interface Config ${group(schema, '  ')}\n}\n`;
}

function group(schema: Bag, indent: string): string {
  const inner = `${indent}  `;
  const required: unknown = schema['required'];
  const lines = Object.entries(bag(schema['properties'])).map(([key, value]) => {
    const field = bag(value);
    const about = field['description'];
    const doc = typeof about === 'string' ? `${inner}/** ${about.replaceAll('*/', '* /').replaceAll('\n', ' ')} */\n` : '';
    const sure = field['default'] !== undefined || field['properties'] !== undefined || (Array.isArray(required) && required.includes(key));
    return `${doc}${inner}${/^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key)}${sure ? '' : '?'}: ${typeOf(field, inner)};\n`;
  });
  return `{\n${lines.join('')}${indent}}`;
}

function typeOf(field: Bag, indent: string): string {
  if (field['properties'] !== undefined) return group(field, indent);
  if (Array.isArray(field['enum'])) return field['enum'].map((v) => JSON.stringify(v)).join(' | ');
  switch (field['type']) {
    case 'number': case 'integer': return 'number';
    case 'boolean': case 'string': return field['type'];
    case 'array': { const member = typeOf(bag(field['items']), indent); return / /.test(member) ? `(${member})[]` : `${member}[]`; }
    case 'object': return 'Record<string, unknown>';
    default: return 'unknown';
  }
}

const bag = (v: unknown): Bag => (typeof v === 'object' && v !== null ? v as Bag : {});
