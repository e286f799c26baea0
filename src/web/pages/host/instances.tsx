/** Instances of resource types: make, change, rename, remove; their event scripts. */
import type { HostInfo, ResourceView } from '../../api-types-host.js';
import { ask } from '../lib/ask.js';
import { call } from '../lib/api.js';
import { say } from '../lib/notes.js';
import { useState, type JSX } from '../lib/preact.js';
import { admin } from '../lib/session.js';
import { Panel } from '../parts/bits.js';
import { Button } from '../parts/button.js';
import { Empty } from '../parts/empty.js';
import { Menu } from '../parts/menu.js';
import { State } from '../parts/state.js';
import { InstanceDialog } from './instance-dialog.js';
import { OwnPage, ownPages } from './own-page.js';
import { RenameDialog } from './rename-dialog.js';
import { ScriptsDialog } from './scripts-dialog.js';

type Open = { readonly what: 'new' } | { readonly what: 'edit' | 'rename' | 'scripts' | 'page'; readonly id: string };

export function Instances({ host, again }: { readonly host: HostInfo; readonly again: () => void }): JSX.Element {
  const [open, setOpen] = useState<Open | undefined>();
  const close = (): void => { setOpen(undefined); again(); };
  const of = open !== undefined && open.what !== 'new' ? host.resources.find((r) => r.id === open.id) : undefined;
  const remove = (r: ResourceView) => async (): Promise<void> => {
    if (!(await ask({ title: `Remove /${r.id}?`, text: 'Its folder with configuration and event scripts is removed. What it stored stays.', deed: 'Remove', danger: true }))) return;
    await call('DELETE /api/hosts/{host}/resources/{resource}', { params: { host: host.name, resource: r.id } });
    say(`/${r.id} removed`);
    again();
  };
  const make = admin.value && host.types.length > 0 && <Button small icon="plus" kind="primary" label="New instance" onPress={() => { setOpen({ what: 'new' }); }} />;
  return (
    <Panel flush title="Instances" right={make}>
      {host.resources.length === 0
        ? <Empty slim icon="host" title="No instance yet" text={host.types.length === 0 ? 'First a type is needed: drop a file with a Resource into the folder.' : `Make one of ${host.types.map((t) => t.label).join(', ')}: it answers at a path of the host.`} />
        : (
          <table class="table cards" aria-label="Instances">
            <thead><tr><th>Path</th><th>Type</th><th>State</th><th>Event scripts</th>{admin.value && <th><span class="unseen">Deeds</span></th>}</tr></thead>
            <tbody>{host.resources.map((r) => (
              <tr key={r.id}>
                <td class="first"><div class="who mono">{host.url === undefined ? <span class="strong">/{r.id}</span> : <a data-row href={`${host.url.replace(/\/$/, '')}/${r.id}`} target="_blank" rel="noreferrer">/{r.id}</a>}</div>{faultOf(r) !== undefined && <div class="note" title={faultOf(r)}>{faultOf(r)}</div>}</td>
                <td data-of="Type">{r.type === '' ? '–' : r.type}</td>
                <td><State word={r.state} /></td>
                <td data-of="Scripts"><span class="tags">{r.files.length === 0 ? '–' : r.files.map((f) => <span key={f} class={`tag mono ${f in r.faults ? 'bad' : ''}`}>{f}</span>)}</span></td>
                {admin.value && (
                  <td class="deed-cell">
                    <div class="deeds">
                      <Button small icon="edit" label={`Configure ${r.id}`} bare kind="plain" onPress={() => { setOpen({ what: 'edit', id: r.id }); }} />
                      <Button small icon="file" label={`Event scripts of ${r.id}`} bare kind="plain" onPress={() => { setOpen({ what: 'scripts', id: r.id }); }} />
                      {ownPages(host.types.find((t) => t.type === r.type)).length > 0 && <Button small icon="host" label={`Page of ${r.id}`} bare kind="plain" onPress={() => { setOpen({ what: 'page', id: r.id }); }} />}
                      <Menu small label={`More for ${r.id}`} deeds={[{ label: 'Rename…', icon: 'edit', onPress: () => { setOpen({ what: 'rename', id: r.id }); } }, { label: 'Remove…', icon: 'trash', danger: true, apart: true, onPress: remove(r) }]} />
                    </div>
                  </td>
                )}
              </tr>
            ))}</tbody>
          </table>
        )}
      {open?.what === 'new' && <InstanceDialog host={host} of={undefined} onClose={close} />}
      {open?.what === 'edit' && of !== undefined && <InstanceDialog host={host} of={of} onClose={close} />}
      {open?.what === 'rename' && of !== undefined && <RenameDialog host={host} of={of} onClose={close} />}
      {open?.what === 'page' && of !== undefined && <OwnPage host={host} of={of} onClose={close} />}
      {open?.what === 'scripts' && of !== undefined && <ScriptsDialog host={host} of={of} onClose={close} />}
    </Panel>
  );
}

function faultOf(r: ResourceView): string | undefined { return r.reason ?? Object.values(r.faults)[0]; }
