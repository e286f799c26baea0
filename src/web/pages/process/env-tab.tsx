/** The variables of a process, each with where it comes from. Secrets are masked by the server. */
import type { EnvRow } from '../../api-types.js';
import { many } from '../lib/format.js';
import { useState, type JSX } from '../lib/preact.js';
import { Find, Panel } from '../parts/bits.js';
import { Empty } from '../parts/empty.js';

export function EnvTab({ rows }: { readonly rows: readonly EnvRow[] }): JSX.Element {
  const [filter, setFilter] = useState('');
  const [declared, setDeclared] = useState(false);
  const wanted = filter.toLowerCase();
  const shown = rows.filter((r) => (!declared || (r.from !== 'shell' && r.from !== 'filter_env')) && `${r.name} ${r.value ?? ''} ${r.from}`.toLowerCase().includes(wanted));
  return (
    <Panel flush title={<Find label="Filter variables" value={filter} onInput={setFilter} />}
      right={<><span class="dim small num">{many(shown.length, 'variable')}</span><label class="row small soft"><input type="checkbox" checked={declared} onChange={(e) => { setDeclared(e.currentTarget.checked); }} />Without the shell’s</label></>}>
      {shown.length === 0
        ? <Empty slim icon="search" title={rows.length === 0 ? 'No variables' : 'No variable matches'} />
        : (
          <div class="scrolls">
            <table class="table top dense cards" aria-label="Environment">
              <thead><tr><th>Name</th><th>Value</th><th>From</th></tr></thead>
              <tbody>{shown.map((r) => (
                <tr key={r.name}>
                  <td class="mono strong first">{r.name}</td>
                  <td class="mono wrap wide"><Value row={r} /></td>
                  <td data-of="From" class="nowrap">{r.from}{r.shadows.length > 0 && <div class="dim small" title={r.shadows.map((s) => `${s.from}: ${s.value ?? s.secret ?? ''}`).join('\n')}>covers {r.shadows.map((s) => s.from).join(', ')}</div>}</td>
                </tr>
              ))}</tbody>
            </table>
          </div>
        )}
    </Panel>
  );
}

function Value({ row: r }: { readonly row: EnvRow }): JSX.Element {
  if (r.secret !== undefined) return <><span class="tag">kept elsewhere</span> {r.secret}</>;
  if (r.value === undefined) return <span class="dim">kept out</span>;
  if (r.masked === true) return <>{r.value} <span class="tag" title="It looks like a secret: its value does not leave the machine’s daemon">masked</span></>;
  return r.value === '' ? <span class="dim">empty</span> : <>{r.value}</>;
}
