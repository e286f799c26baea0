/** Another path for an instance; its scripts go with it. */
import type { HostInfo, ResourceView } from '../../api-types-host.js';
import { call } from '../lib/api.js';
import { say } from '../lib/notes.js';
import { useState, type JSX } from '../lib/preact.js';
import { Refusal } from '../lib/refusal.js';
import { Strip } from '../parts/bits.js';
import { Button } from '../parts/button.js';
import { Dialog } from '../parts/dialog.js';
import { Field } from '../processes/start-dialog.js';
import { wrongPath } from './path.js';

export function RenameDialog({ host, of, onClose }: { readonly host: HostInfo; readonly of: ResourceView; readonly onClose: () => void }): JSX.Element {
  const [id, setId] = useState(of.id);
  const [refused, setRefused] = useState<Refusal | undefined>();
  const [busy, setBusy] = useState(false);
  const wrong = wrongPath(id) ?? (id !== of.id && host.resources.some((r) => r.id === id) ? `/${id} is taken` : undefined);
  const submit = (): void => {
    if (wrong !== undefined || id === of.id) return;
    setBusy(true);
    call('PUT /api/hosts/{host}/resources/{resource}', { params: { host: host.name, resource: of.id }, body: { id } }).then(() => { say(`/${of.id} is /${id} now`); onClose(); }, (e: unknown) => { setRefused(e instanceof Refusal ? e : new Refusal(0, 'PAGE', String(e))); }).finally(() => { setBusy(false); });
  };
  return (
    <Dialog title={`Rename /${of.id}`} onClose={onClose} onSubmit={submit} footer={<><Button label="Cancel" onPress={onClose} /><Button submit kind="primary" label="Rename" busy={busy} disabled={wrong !== undefined || id === of.id} /></>}>
      {refused !== undefined && <Strip kind="bad"><p>{refused.message}</p>{refused.hint !== undefined && <p>{refused.hint}</p>}</Strip>}
      <Field label="New path" hint="Who asks at the old one gets 404 from then on" wrong={wrong}>{(a) => <input {...a} type="text" class="mono" value={id} autocomplete="off" onInput={(e) => { setId(e.currentTarget.value.replace(/^\//, '')); }} />}</Field>
    </Dialog>
  );
}
