/** What it was declared with. */
import type { ProcessInfo } from '../../api-types.js';
import { plain, stamp } from '../lib/format.js';
import type { JSX } from '../lib/preact.js';
import { Panel } from '../parts/bits.js';

const FIRST = ['script', 'args', 'cwd', 'interpreter', 'exec_mode', 'instances', 'listen', 'origin'];
const HIDDEN = new Set(['name', 'namespace', 'module', 'extra', 'username', 'env_name']);

export function SpecTab({ info }: { readonly info: ProcessInfo }): JSX.Element {
  const spec = info.spec as Readonly<Record<string, unknown>>;
  const keys = [...FIRST.filter((k) => k in spec), ...Object.keys(spec).filter((k) => !FIRST.includes(k) && !HIDDEN.has(k)).sort()];
  const places: readonly (readonly [string, string | undefined])[] = [
    ['Output', info.outPath], ['Errors', info.errPath], ['Both', info.logPath], ['Pid file', info.pidPath], ['Declared', stamp(info.createdAt)], ['Unique id', info.uniqueId],
  ];
  return (
    <div class="cols">
      <Panel title="Declaration"><dl class="facts">{keys.map((k) => [<dt key={k} class="mono">{k}</dt>, <dd key={`${k}=`} class="mono">{written(spec[k])}</dd>])}</dl></Panel>
      <Panel title="Files and names"><dl class="facts">{places.filter(([, v]) => v !== undefined).map(([k, v]) => [<dt key={k}>{k}</dt>, <dd key={`${k}=`} class="mono">{v}</dd>])}</dl></Panel>
    </div>
  );
}

function written(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? '–' : value.map((v) => plain(v)).join(' ');
  return value === '' ? '–' : plain(value);
}
