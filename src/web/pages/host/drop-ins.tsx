/** The files of a host's folder: loaded, in error, or kept out. */
import type { HostInfo, ModuleRow } from '../../api-types-host.js';
import { call } from '../lib/api.js';
import { say } from '../lib/notes.js';
import type { JSX } from '../lib/preact.js';
import { admin } from '../lib/session.js';
import { Panel } from '../parts/bits.js';
import { Button } from '../parts/button.js';
import { Empty } from '../parts/empty.js';
import { State } from '../parts/state.js';

const WEIGHT: Readonly<Record<ModuleRow['state'], number>> = { quarantined: 0, errored: 1, isolated: 2, loaded: 3 };

export function DropIns({ host, again }: { readonly host: HostInfo; readonly again: () => void }): JSX.Element {
  if (host.modules.length === 0) return <Panel label="Drop-ins"><Empty slim icon="file" title="The folder has no drop-ins" text="Put a file there, it is loaded at the next start; with --dev at once." command={`echo "process.server.on('request', () => {})" > ${host.dir ?? '.'}/modules/hello.js`} /></Panel>;
  const release = (file: string) => async (): Promise<void> => {
    await call('POST /api/hosts/{host}/modules/{file}/unquarantine', { params: { host: host.name, file } });
    say(`${file} will be loaded again`);
    again();
  };
  return (
    <Panel flush label="Drop-ins">
      <table class="table top cards" aria-label="Drop-ins">
        <thead><tr><th>File</th><th>State</th><th>Why</th><th class="num">Loading took</th>{admin.value && <th><span class="unseen">Deeds</span></th>}</tr></thead>
        <tbody>{[...host.modules].sort((a, b) => WEIGHT[a.state] - WEIGHT[b.state] || a.file.localeCompare(b.file)).map((m) => (
          <tr key={m.file}>
            <td class="mono strong first wrap">{m.file}</td>
            <td><State word={m.state} /></td>
            <td class={`wide wrap ${m.reason === undefined ? 'gone ' : ''}${m.state === 'loaded' || m.state === 'isolated' ? 'soft' : 'bad'}`}>{m.reason ?? '–'}</td>
            <td class="num" data-of="Loading">{m.state === 'loaded' ? `${m.ms.toFixed(0)} ms` : '–'}</td>
            {admin.value && <td class="deed-cell">{m.state === 'quarantined' && <Button small icon="play" label="Load again" onPress={release(m.file)} />}</td>}
          </tr>
        ))}</tbody>
      </table>
    </Panel>
  );
}
