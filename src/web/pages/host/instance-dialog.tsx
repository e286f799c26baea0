/** A new instance, or the configuration of one: a form from its type's schema. */
import type { HostInfo, ResourceView } from '../../api-types-host.js';
import { call } from '../lib/api.js';
import { say } from '../lib/notes.js';
import { useState, type JSX } from '../lib/preact.js';
import { Refusal } from '../lib/refusal.js';
import { Strip } from '../parts/bits.js';
import { Button } from '../parts/button.js';
import { Control } from '../parts/control.js';
import { Dialog } from '../parts/dialog.js';
import { asked as fieldsIn, bag, nested, reach, read, written, type FieldSpec } from '../parts/fields.js';
import { Field } from '../processes/start-dialog.js';
import { wrongPath } from './path.js';

/** What a type without a schema is asked for: its whole configuration. */
const WHOLE: FieldSpec = { key: 'config', kind: 'json', type: 'JSON object', required: false, description: 'The type declares no settings; this is its config.json without `type`' };

export function InstanceDialog({ host, of, onClose }: { readonly host: HostInfo; readonly of: ResourceView | undefined; readonly onClose: () => void }): JSX.Element {
  const [type, setType] = useState(of?.type ?? host.types[0]?.type ?? '');
  const known = host.types.find((t) => t.type === type);
  const [id, setId] = useState(of?.id ?? (known?.defaultPath ?? '').replace(/^\//, ''));
  const fields = (known?.form ?? []).map(fieldsIn);
  const asked = fields.length > 0 ? fields : [WHOLE];
  const { type: _, ...rest } = of?.config ?? {};
  const shownOf = (f: FieldSpec): string => (f === WHOLE ? (Object.keys(rest).length > 0 ? JSON.stringify(rest, null, 2) : '') : f.kind === 'secret' ? '' : written(f, reach(of?.config, f.key)));
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>({});
  const [wrong, setWrong] = useState<Readonly<Record<string, string>>>({});
  const [refused, setRefused] = useState<Refusal | undefined>();
  const [busy, setBusy] = useState(false);
  const save = async (): Promise<void> => {
    const faults: Record<string, string> = {};
    const bad = wrongPath(id);
    if (bad !== undefined) faults['#id'] = bad;
    if (of === undefined && host.resources.some((r) => r.id === id)) faults['#id'] = `/${id} is taken`;
    let config: Record<string, unknown> = {};
    const flat: Record<string, unknown> = {};
    for (const f of asked) {
      const got = read(f, texts[f.key] ?? shownOf(f));
      if (!got.ok) faults[f.key] = got.wrong;
      else if (f === WHOLE) config = { ...bag(got.value) };
      else if (f.kind === 'secret' && texts[f.key] === undefined) { const kept = reach(of?.config, f.key); if (kept !== undefined) flat[f.key] = kept; }
      else if (got.value !== undefined) flat[f.key] = got.value;
    }
    setWrong(faults);
    if (Object.keys(faults).length > 0) return;
    if (fields.length > 0) config = { ...rest, ...nested(flat) };
    try {
      await call('PUT /api/hosts/{host}/resources/{resource}', { params: { host: host.name, resource: id }, body: { ...config, type, ...(of !== undefined && { $setAll: true }) } });
      say(of === undefined ? `/${id} is there` : `/${id} is changed, and served so from now on`);
      onClose();
    } catch (e) { if (e instanceof Refusal) setRefused(e); else throw e; }
  };
  const submit = (): void => { setBusy(true); void save().finally(() => { setBusy(false); }); };
  const pick = (name: string): void => {
    setType(name);
    setTexts({});
    setId((host.types.find((t) => t.type === name)?.defaultPath ?? id).replace(/^\//, ''));
  };
  return (
    <Dialog wide title={of === undefined ? 'New instance' : `Configure /${of.id}`} onClose={onClose} onSubmit={submit} footer={<><Button label="Cancel" onPress={onClose} /><Button submit kind="primary" label={of === undefined ? 'Make it' : 'Save'} busy={busy} /></>}>
      {refused !== undefined && <Strip kind="bad"><p>{refused.message}</p>{refused.hint !== undefined && <p>{refused.hint}</p>}</Strip>}
      {of === undefined && (
        <div class="cols two">
          <Field label="Type">{(a) => <select {...a} value={type} onChange={(e) => { pick(e.currentTarget.value); }}>{host.types.map((t) => <option key={t.type} value={t.type}>{t.label}</option>)}</select>}</Field>
          <Field label="Path" hint="Where it answers, below the host’s address" wrong={wrong['#id']}>{(a) => <input {...a} type="text" class="mono" value={id} autocomplete="off" onInput={(e) => { setId(e.currentTarget.value.replace(/^\//, '')); }} />}</Field>
        </div>
      )}
      <div class="settings">
        {asked.map((f) => <Control key={`${type} ${f.key}`} field={f} text={texts[f.key] ?? shownOf(f)} wrong={wrong[f.key]} {...(f.kind === 'secret' && of !== undefined && { placeholder: 'unchanged; type to replace it' })} onText={(t) => { setTexts({ ...texts, [f.key]: t }); setRefused(undefined); }} />)}
      </div>
    </Dialog>
  );
}
