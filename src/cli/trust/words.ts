import { type Declared, type Fault, type Right, rightsText } from '../../config/permissions.js';
import type { Guard } from '../../config/spec.js';

/** What a module may do, in one line: by what its package.json declares under `mgr`. */
export function trustWords(name: string, permissions: Declared | Fault | undefined): string {
  if (permissions === undefined) return `${name} declares no permissions: it may do all that you may, as under PM2`;
  if ('field' in permissions) return `${name} declares permissions that are none (${permissions.field}: ${permissions.got})`;
  const { rights, sandbox } = permissions;
  return `${name} declares the permissions ${rightsText(rights)}: of mgr it ${ofManager(rights)}; ${sandbox === undefined ? 'its files, programs and connections are not held (it asks for no sandbox)' : `it runs in a sandbox of Node${paths(sandbox)}${connections(rights)}`}`;
}

/** The same of a program that was started so, for `describe`. `running`: the version of its Node. */
export function guardFacts({ rights, sandbox }: Guard, running = sandbox?.node ?? ''): readonly (readonly [string, string])[] {
  const permissions = ['permissions', `${rightsText(rights)}: of mgr it ${ofManager(rights)}`] as const;
  if (sandbox === undefined) return [permissions, ['sandbox', 'none asked for: files, programs and connections are as its user has them']];
  const node = Number.parseInt(running, 10);
  const manager = rights.includes('read') || rights.includes('control');
  const network = rights.includes('network') ? 'allowed' : node < 25 ? `not held (Node ${node} cannot; 25 and later can)` : manager ? 'not held (it must reach mgr)' : 'refused';
  const word = (right: Right): string => (rights.includes(right) ? 'allowed' : 'refused');
  return [permissions, ['sandbox', `by Node ${running}: other files refused, programs ${word('programs')}, threads ${word('workers')}, native code ${word('native')}, connections ${network}`], ['reads', sandbox.read.join(', ')], ['writes', sandbox.write.join(', ')]];
}

function ofManager(rights: readonly Right[]): string {
  if (rights.includes('control')) return 'may look at and control programs, but not add, change or remove any';
  return rights.includes('read') ? 'may only look' : 'gets nothing';
}

function connections(rights: readonly Right[]): string {
  if (rights.includes('network')) return '';
  return rights.includes('read') || rights.includes('control') ? '; its connections are not held, since it must reach mgr' : '; its connections are refused by Node 25 and later only';
}

const paths = ({ read, write }: NonNullable<Declared['sandbox']>): string => [...(read.length > 0 ? [` which also reads ${read.join(', ')}`] : []), ...(write.length > 0 ? [` which also writes ${write.join(', ')}`] : [])].join(' and');
