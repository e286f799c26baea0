/** Resource types that the drop-ins of a host brought. */
import type { HostInfo } from '../../api-types-host.js';
import type { JSX } from '../lib/preact.js';
import { Panel } from '../parts/bits.js';
import { Empty } from '../parts/empty.js';

export function Types({ host }: { readonly host: HostInfo }): JSX.Element {
  if (host.types.length === 0) return <Panel label="Types"><Empty slim icon="host" title="No resource type is known" text="A drop-in whose export extends Resource brings one. It then stands here, and instances of it can be made." /></Panel>;
  return (
    <Panel flush label="Types">
      <div class="scrolls">
        <table class="table top cards" aria-label="Resource types">
          <thead><tr><th>Type</th><th>Usual path</th><th>Events</th><th>Settings</th><th>From</th></tr></thead>
          <tbody>{host.types.map((t) => (
            <tr key={t.type}>
              <td class="first"><span class="strong">{t.label}</span>{t.label !== t.type && <span class="dim small"> {t.type}</span>}</td>
              <td class="mono" data-of="Path">{t.defaultPath}</td>
              <td data-of="Events"><span class="tags">{t.events.length === 0 ? '–' : t.events.map((e) => <span key={e} class="tag">{e}</span>)}</span></td>
              <td data-of="Settings">{t.form.map((f) => f.name).join(', ') || '–'}</td>
              <td class="mono small wrap" data-of="From">{t.from}</td>
            </tr>
          ))}</tbody>
        </table>
      </div>
    </Panel>
  );
}
