/** The settings of a module: a form made from its schema, what is wrong with a value, and how it was taken over. */
import type { FormView, SettingRow } from '../../api-types.js';
import { call } from '../lib/api.js';
import { useAsked } from '../lib/ask-server.js';
import { plain } from '../lib/format.js';
import { useEffect, useState, type JSX } from '../lib/preact.js';
import { Refusal } from '../lib/refusal.js';
import { admin } from '../lib/session.js';
import { Panel, Strip } from '../parts/bits.js';
import { Button } from '../parts/button.js';
import { Control } from '../parts/control.js';
import { Empty, Trouble, Waiting } from '../parts/empty.js';
import { bag, fieldOf, fieldsOf, read, written, type FieldSpec } from '../parts/fields.js';

const APPLIED = { live: 'Saved, and taken over while it runs', restarted: 'Saved; the module was restarted', stored: 'Saved; in force at its next start' } as const;

interface Item { readonly row: SettingRow; readonly field: FieldSpec }

export function Settings({ module, onSaved }: { readonly module: string; readonly onSaved: () => void }): JSX.Element {
  const asked = useAsked(`settings ${module}`, async (signal) => call('GET /api/modules/{module}/settings', { params: { module }, signal }));
  if (asked.value === undefined) return <Panel label="Settings">{asked.error === undefined ? <Waiting what="Asking for the settings…" /> : <Trouble error={asked.error} retry={asked.again} />}</Panel>;
  return <Form module={module} form={asked.value} onForm={(f) => { asked.put(f); onSaved(); }} />;
}

function Form({ module, form, onForm }: { readonly module: string; readonly form: FormView; readonly onForm: (form: FormView) => void }): JSX.Element {
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>({});
  const [unset, setUnset] = useState<ReadonlySet<string>>(new Set());
  const [wrong, setWrong] = useState<Readonly<Record<string, string>>>({});
  const [fine, setFine] = useState<Readonly<Record<string, string>>>({});
  const [refused, setRefused] = useState<Refusal | undefined>();
  const [warnings, setWarnings] = useState<readonly string[]>([]);
  const [busy, setBusy] = useState(false);
  const items = itemsOf(form);
  const changed = items.filter(({ row, field }) => unset.has(row.key) || (texts[row.key] !== undefined && texts[row.key] !== shownOf(row, field)));
  useEffect(() => { setTexts({}); setUnset(new Set()); }, [form]);
  const set = (key: string, text: string): void => {
    setTexts({ ...texts, [key]: text });
    setUnset(new Set([...unset].filter((k) => k !== key)));
    setWrong(without(wrong, key));
    setFine(without(fine, key));
    setRefused(undefined);
  };
  const save = async (): Promise<void> => {
    const values: Record<string, unknown> = {};
    const faults: Record<string, string> = {};
    for (const { row, field } of changed) {
      const got = unset.has(row.key) ? { ok: true as const, value: undefined } : read(field, texts[row.key] ?? '');
      if (got.ok) values[row.key] = got.value ?? null; else faults[row.key] = got.wrong;
    }
    setWrong(faults);
    if (Object.keys(faults).length > 0) return;
    setFine({});
    try {
      const saved = await call('PUT /api/modules/{module}/settings', { params: { module }, body: { values } });
      setFine(Object.fromEntries(saved.keys.map((k) => [k.key, APPLIED[k.applied]])));
      setWarnings(saved.warnings);
      setRefused(undefined);
      onForm(saved.form);
    } catch (e) {
      if (!(e instanceof Refusal)) throw e;
      const key = blamed(e, changed.map((i) => i.row.key));
      if (key !== undefined) setWrong({ [key]: e.message });
      setRefused(e);
    }
  };
  const submit = (): void => { setBusy(true); void save().finally(() => { setBusy(false); }); };
  if (items.length === 0) return <Panel label="Settings"><Empty slim icon="edit" title="It declares no settings" text="Any key can still be set, it is handed to the module as text." command={`mgr set ${module}:key value`} /></Panel>;
  return (
    <Panel title="Settings" right={<span class="dim small">{form.typed ? 'checked by its schema' : 'without a schema: all are texts'}</span>}>
      <form class="settings" noValidate onSubmit={(e) => { e.preventDefault(); submit(); }}>
        {refused !== undefined && <Strip kind="bad"><p>{refused.message}</p><p>{refused.hint ?? 'Nothing was saved.'}</p></Strip>}
        {warnings.map((w) => <Strip key={w} kind="warn"><p>{w}</p></Strip>)}
        {items.map(({ row, field }) => (
          <Control key={row.key} field={field} text={unset.has(row.key) ? '' : texts[row.key] ?? shownOf(row, field)} disabled={!admin.value} wrong={wrong[row.key]} fine={fine[row.key]}
            {...(row.secret === true && { placeholder: row.value === undefined ? 'not set' : 'set; type to replace it' })} onText={(t) => { set(row.key, t); }}
            more={<Origin row={row} unset={unset.has(row.key)} onUnset={() => { setUnset(new Set([...unset, row.key])); setTexts(without(texts, row.key)); }} />} />
        ))}
        {admin.value && (
          <div class={`save ${changed.length > 0 ? 'due' : ''}`}>
            <Button submit kind="primary" label={changed.length > 1 ? `Save ${changed.length} changes` : 'Save'} busy={busy} disabled={changed.length === 0} />
            <Button label="Undo" kind="plain" disabled={changed.length === 0} onPress={() => { setTexts({}); setUnset(new Set()); setWrong({}); setRefused(undefined); }} />
            <span class="dim small">All are saved, or none</span>
          </div>
        )}
      </form>
    </Panel>
  );
}

function Origin({ row, unset, onUnset }: { readonly row: SettingRow; readonly unset: boolean; readonly onUnset: () => void }): JSX.Element {
  if (row.unknown === true) return <span class="bad">The module declares no such setting</span>;
  if (unset) return <>will be {row.default === undefined ? 'not set' : `the default again: ${plain(row.default)}`}</>;
  return (
    <>
      {row.from === undefined ? 'not set' : row.from === 'schema' || row.from === 'package.json' ? 'default' : <>from <code>{row.from}</code></>}
      {admin.value && row.from === 'mgr set' && <> · <button type="button" class="as-link" onClick={onUnset}>back to the default</button></>}
    </>
  );
}

function itemsOf(form: FormView): Item[] {
  const known = new Map(fieldsOf(form.schema).map((f) => [f.key, f]));
  return form.rows.map((row) => {
    const base = known.get(row.key) ?? fieldOf(row.key, { type: row.type === 'boolean' || row.type === 'number' ? row.type : 'string' }, row.required === true);
    const field: FieldSpec = { ...base, ...(row.secret === true && { kind: 'secret' as const }), ...(row.description !== undefined && { description: row.description }), ...(row.unit !== undefined && { unit: row.unit }), ...(base.kind === 'choice' ? {} : { type: row.type }), required: row.required === true };
    return { row, field };
  });
}

/** A secret's value is known to nobody here: its field is empty. */
function shownOf(row: SettingRow, field: FieldSpec): string { return row.secret === true ? '' : written(field, row.value); }

/** The one of these keys that the refusal is about. */
function blamed(e: Refusal, keys: readonly string[]): string | undefined {
  const named = [e.data['path'], e.data['key'], ...(Array.isArray(e.data['keys']) ? e.data['keys'] as unknown[] : [e.data['keys']])].filter((v) => typeof v === 'string');
  return keys.find((k) => named.some((n) => n === k || n.endsWith(`:${k}`) || n.endsWith(`.${k}`) || n.includes(`\`${k}\``))) ?? (keys.length === 1 && Object.keys(bag(e.data)).length > 0 ? keys[0] : undefined);
}

function without<T>(record: Readonly<Record<string, T>>, key: string): Record<string, T> { return Object.fromEntries(Object.entries(record).filter(([k]) => k !== key)); }
