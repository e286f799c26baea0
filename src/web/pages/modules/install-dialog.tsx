/** What to install. */
import { call } from '../lib/api.js';
import { failed } from '../lib/notes.js';
import { useState, type JSX } from '../lib/preact.js';
import { Button } from '../parts/button.js';
import { Dialog } from '../parts/dialog.js';
import { operate } from './operations.js';

export function InstallDialog({ onClose }: { readonly onClose: () => void }): JSX.Element {
  const [spec, setSpec] = useState('');
  const [scripts, setScripts] = useState(false);
  const [busy, setBusy] = useState(false);
  const submit = (): void => {
    if (spec.trim() === '') return;
    setBusy(true);
    operate(call('POST /api/modules', { body: { spec: spec.trim(), ...(scripts && { scripts }) } })).then(onClose, failed).finally(() => { setBusy(false); });
  };
  return (
    <Dialog title="Install a module" onClose={onClose} onSubmit={submit} footer={<><Button label="Cancel" onPress={onClose} /><Button submit kind="primary" label="Install" busy={busy} disabled={spec.trim() === ''} /></>}>
      <div class="field">
        <label for="install-spec">What</label>
        <input id="install-spec" type="text" class="mono" placeholder="pm2-logrotate" value={spec} autocomplete="off" spellcheck={false} onInput={(e) => { setSpec(e.currentTarget.value); }} />
        <span class="hint">A package of npm (name or name@version), user/repository of GitHub, the address of a git repository or tarball, or a folder of this machine</span>
      </div>
      <label class="row"><input type="checkbox" checked={scripts} onChange={(e) => { setScripts(e.currentTarget.checked); }} /><span>Let install scripts of its packages run<br /><span class="dim small">They are programs of strangers with your rights; few modules need them</span></span></label>
    </Dialog>
  );
}
