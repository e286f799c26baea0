/** Buttons, one of which waits for its own deed. */
import { failed } from '../lib/notes.js';
import { useState, type ComponentChildren, type JSX } from '../lib/preact.js';
import { Icon, type IconName } from './icons.js';

interface Props {
  readonly icon?: IconName;
  /** Text; with `bare` it is only told to screen readers and as a hint. */
  readonly label: string;
  readonly bare?: boolean;
  readonly kind?: 'primary' | 'danger' | 'plain';
  readonly small?: boolean;
  readonly disabled?: boolean;
  readonly submit?: boolean;
  readonly busy?: boolean;
  readonly pressed?: boolean;
  readonly children?: ComponentChildren;
  /** While its promise is open the button turns; what it throws is shown as a note. */
  readonly onPress?: (e: MouseEvent) => unknown;
}

export function Button(p: Props): JSX.Element {
  const [running, setRunning] = useState(false);
  const busy = running || p.busy === true;
  const press = (e: MouseEvent): void => {
    const deed = p.onPress?.(e);
    if (!(deed instanceof Promise)) return;
    setRunning(true);
    deed.catch(failed).finally(() => { setRunning(false); });
  };
  const cls = ['btn', p.kind, p.small === true && 'small', p.bare === true && 'icon'].filter(Boolean).join(' ');
  return (
    <button type={p.submit === true ? 'submit' : 'button'} class={cls} disabled={p.disabled === true || busy} onClick={press}
      aria-pressed={p.pressed} aria-busy={busy} {...(p.bare === true && { 'aria-label': p.label, title: p.label })}>
      {busy ? <Icon name="restart" size={15} class="turns" /> : p.icon !== undefined && <Icon name={p.icon} size={15} />}
      {p.bare !== true && p.label}
      {p.children}
    </button>
  );
}
