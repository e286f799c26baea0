/** Starts an app that is not managed yet. */
import type { BodyOf } from '../../api.js';
import { call } from '../lib/api.js';
import { many } from '../lib/format.js';
import { say } from '../lib/notes.js';
import { useId, useState, type ComponentChildren, type JSX } from '../lib/preact.js';
import { Refusal } from '../lib/refusal.js';
import { Strip } from '../parts/bits.js';
import { Button } from '../parts/button.js';
import { Dialog } from '../parts/dialog.js';

interface Form { script: string; name: string; args: string; cwd: string; instances: string; mode: 'fork' | 'cluster'; namespace: string; env: string; watch: boolean }
const EMPTY: Form = { script: '', name: '', args: '', cwd: '', instances: '1', mode: 'fork', namespace: '', env: '', watch: false };

export function StartDialog({ onClose }: { readonly onClose: () => void }): JSX.Element {
  const [form, setForm] = useState(EMPTY);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<Refusal | undefined>();
  const [tried, setTried] = useState(false);
  const set = (change: Partial<Form>): void => { setForm({ ...form, ...change }); setRefused(undefined); };
  const wrong = faults(form);
  const submit = (): void => {
    setTried(true);
    if (Object.keys(wrong).length > 0) return;
    setBusy(true);
    call('POST /api/processes', { body: appOf(form) }).then(
      (done) => { say(`${done.processes[0]?.name ?? 'It'} started: ${many(done.processes.length, 'process', 'processes')}`); onClose(); },
      (e: unknown) => { setRefused(e instanceof Refusal ? e : new Refusal(0, 'PAGE', String(e))); },
    ).finally(() => { setBusy(false); });
  };
  const told = (key: keyof Form): string | undefined => (tried ? wrong[key] : undefined);
  return (
    <Dialog title="Start an app" onClose={onClose} onSubmit={submit} footer={<><Button label="Cancel" onPress={onClose} /><Button submit kind="primary" icon="play" label="Start" busy={busy} /></>}>
      {refused !== undefined && <Strip kind="bad"><p>{refused.message}</p>{refused.hint !== undefined && <p>{refused.hint}</p>}</Strip>}
      <Field label="Script or program" hint="An absolute path on this machine, or relative to the working directory below" wrong={told('script')}>{(a) => <input {...a} type="text" class="mono" value={form.script} placeholder="/srv/shop/server.js" onInput={(e) => { set({ script: e.currentTarget.value }); }} />}</Field>
      <div class="cols two">
        <Field label="Name" hint="Default: the script’s name">{(a) => <input {...a} type="text" value={form.name} onInput={(e) => { set({ name: e.currentTarget.value }); }} />}</Field>
        <Field label="Namespace" hint="A group of apps">{(a) => <input {...a} type="text" value={form.namespace} placeholder="default" onInput={(e) => { set({ namespace: e.currentTarget.value }); }} />}</Field>
      </div>
      <div class="cols two">
        <Field label="Arguments">{(a) => <input {...a} type="text" class="mono" value={form.args} onInput={(e) => { set({ args: e.currentTarget.value }); }} />}</Field>
        <Field label="Working directory" hint="Default: the script’s folder" wrong={told('cwd')}>{(a) => <input {...a} type="text" class="mono" value={form.cwd} onInput={(e) => { set({ cwd: e.currentTarget.value }); }} />}</Field>
      </div>
      <div class="cols two">
        <Field label="Mode">{(a) => <select {...a} value={form.mode} onChange={(e) => { set({ mode: e.currentTarget.value === 'cluster' ? 'cluster' : 'fork' }); }}><option value="fork">fork: any program</option><option value="cluster">cluster: Node, one shared port</option></select>}</Field>
        <Field label="Processes" wrong={told('instances')}>{(a) => <input {...a} type="number" min={1} max={1000} value={form.instances} onInput={(e) => { set({ instances: e.currentTarget.value }); }} />}</Field>
      </div>
      <Field label="Variables" hint="One NAME=value a line" wrong={told('env')}>{(a) => <textarea {...a} value={form.env} spellcheck={false} placeholder={'PORT=3000\nNODE_ENV=production'} onInput={(e) => { set({ env: e.currentTarget.value }); }} />}</Field>
      <label class="row"><input type="checkbox" checked={form.watch} onChange={(e) => { set({ watch: e.currentTarget.checked }); }} />Restart when its files change</label>
    </Dialog>
  );
}

interface Attributes { readonly id: string; readonly 'aria-invalid': boolean; readonly 'aria-describedby': string }
export function Field({ label, hint, wrong, children }: { readonly label: string; readonly hint?: string; readonly wrong?: string | undefined; readonly children: (attributes: Attributes) => ComponentChildren }): JSX.Element {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, 'aria-invalid': wrong !== undefined, 'aria-describedby': `${id}-hint` })}
      <span id={`${id}-hint`} class={wrong === undefined ? 'hint' : 'wrong'}>{wrong ?? hint}</span>
    </div>
  );
}

export function faults(f: Form): Partial<Record<keyof Form, string>> {
  const out: Partial<Record<keyof Form, string>> = {};
  if (f.script.trim() === '') out.script = 'Wanted: the path of a script or program';
  else if (!f.script.trim().startsWith('/') && f.cwd.trim() === '') out.script = 'A relative path needs a working directory; or give it from the root: /srv/…';
  if (f.cwd.trim() !== '' && !f.cwd.trim().startsWith('/')) out.cwd = 'Wanted: an absolute path';
  const n = Number(f.instances);
  if (!Number.isInteger(n) || n < 1 || n > 1000) out.instances = 'Wanted: a whole number from 1 to 1000';
  const bad = lines(f.env).find((l) => !/^[A-Za-z_]\w*=/.test(l));
  if (bad !== undefined) out.env = `Got “${bad}”, wanted NAME=value`;
  return out;
}

function appOf(f: Form): BodyOf<'start'> {
  const text = (key: 'name' | 'args' | 'cwd' | 'namespace'): Record<string, string> => (f[key].trim() === '' ? {} : { [key]: f[key].trim() });
  const env = Object.fromEntries(lines(f.env).map((l) => [l.slice(0, l.indexOf('=')), l.slice(l.indexOf('=') + 1)]));
  return { script: f.script.trim(), ...text('name'), ...text('args'), ...text('cwd'), ...text('namespace'), exec_mode: f.mode, instances: Number(f.instances), ...(Object.keys(env).length > 0 && { env }), ...(f.watch && { watch: true }) };
}

function lines(text: string): string[] { return text.split('\n').map((l) => l.trim()).filter((l) => l !== ''); }
