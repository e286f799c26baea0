/** The event scripts of an instance. */
import type { HostInfo, ResourceDetail, ResourceView } from '../../api-types-host.js';
import { ask } from '../lib/ask.js';
import { call } from '../lib/api.js';
import { useAsked } from '../lib/ask-server.js';
import { say } from '../lib/notes.js';
import { useState, type JSX } from '../lib/preact.js';
import { Refusal } from '../lib/refusal.js';
import { Segments, Strip } from '../parts/bits.js';
import { Button } from '../parts/button.js';
import { Dialog } from '../parts/dialog.js';
import { Editor } from '../parts/editor.js';
import { Empty, Trouble, Waiting } from '../parts/empty.js';

interface Props<R> { readonly host: HostInfo; readonly of: R; readonly onClose: () => void }

export function ScriptsDialog({ host, of, onClose }: Props<ResourceView>): JSX.Element {
  const params = { host: host.name, resource: of.id };
  const asked = useAsked(`scripts ${of.id}`, async (signal) => call('GET /api/hosts/{host}/resources/{resource}', { params, signal }));
  if (asked.value !== undefined) return <Scripts host={host} of={asked.value} onClose={onClose} />;
  return <Dialog wide title={`Event scripts of /${of.id}`} onClose={onClose}>{asked.error === undefined ? <Waiting what="Reading the scripts…" /> : <Trouble error={asked.error} retry={asked.again} />}</Dialog>;
}

function Scripts({ host, of, onClose }: Props<ResourceDetail>): JSX.Element {
  const events = host.types.find((t) => t.type === of.type)?.events ?? [];
  const files = [...new Set([...events.map((e) => `${e.toLowerCase()}.js`), ...Object.keys(of.scripts)])];
  const [file, setFile] = useState(files.find((f) => of.scripts[f] !== undefined) ?? files[0] ?? '');
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>({});
  const [saved, setSaved] = useState<Readonly<Record<string, string>>>(of.scripts);
  const [refused, setRefused] = useState<Refusal | undefined>();
  const [done, setDone] = useState('');
  const text = texts[file] ?? saved[file] ?? '';
  const dirty = Object.keys(texts).filter((f) => texts[f] !== (saved[f] ?? ''));
  const save = async (): Promise<void> => {
    if (!dirty.includes(file)) return;
    try {
      await call('PUT /api/hosts/{host}/resources/{resource}/files/{file}', { params: { host: host.name, resource: of.id, file }, body: { text } });
      setSaved({ ...saved, [file]: text });
      setRefused(undefined);
      setDone(`${file} saved, and run so from the next request on`);
    } catch (e) { if (e instanceof Refusal) setRefused(e); else throw e; }
  };
  const close = (): void => {
    if (dirty.length === 0) { onClose(); return; }
    void ask({ title: 'Leave without saving?', text: `${dirty.join(', ')} would stay as before.`, deed: 'Leave', danger: true }).then((yes) => { if (yes) onClose(); });
  };
  if (files.length === 0) return <Dialog title={`Event scripts of /${of.id}`} onClose={onClose}><Empty slim icon="file" title="This type runs no event scripts" /></Dialog>;
  return (
    <Dialog wide title={`Event scripts of /${of.id}`} onClose={close} onSubmit={() => { void save(); }}
      footer={<><span class="grow small soft" role="status">{done}</span><Button label="Close" onPress={close} /><Button kind="primary" label={`Save ${file}`} disabled={!dirty.includes(file)} onPress={save} /></>}>
      {refused !== undefined && <Strip kind="bad"><p>{refused.message}</p>{refused.hint !== undefined && <p>{refused.hint}</p>}</Strip>}
      <div class="scrolls"><Segments label="Event" at={file} all={files.map((f) => [f, `${f.replace(/\.js$/, '')}${dirty.includes(f) ? ' •' : saved[f] === undefined ? ' +' : ''}`] as const)} onPick={(f) => { setFile(f); setDone(''); setRefused(undefined); }} /></div>
      <Editor key={file} label={file} text={text} onText={(t) => { setTexts({ ...texts, [file]: t }); setDone(''); }} onSave={() => { save().catch((e: unknown) => { say(String(e), 'bad'); }); }} />
      <p class="small dim">Runs with the host’s rights: this is no sandbox. <kbd>Ctrl</kbd> <kbd>S</kbd> saves.</p>
    </Dialog>
  );
}
