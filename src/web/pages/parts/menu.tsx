/** A button that opens a list of deeds. Arrow keys walk, Escape closes. */
import { failed } from '../lib/notes.js';
import { useEffect, useRef, useState, type JSX } from '../lib/preact.js';
import { Button } from './button.js';
import { Icon, type IconName } from './icons.js';

export interface Deed { readonly label: string; readonly icon?: IconName; readonly danger?: boolean; readonly apart?: boolean; readonly onPress: () => unknown }

export function Menu({ label, deeds, small }: { readonly label: string; readonly deeds: readonly Deed[]; readonly small?: boolean }): JSX.Element {
  const [open, setOpen] = useState(false);
  const [up, setUp] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return undefined;
    box.current?.querySelector<HTMLElement>('[role="menuitem"]')?.focus();
    const outside = (e: Event): void => { if (!(e.target instanceof Node) || box.current?.contains(e.target) !== true) setOpen(false); };
    document.addEventListener('pointerdown', outside);
    return () => { document.removeEventListener('pointerdown', outside); };
  }, [open]);
  const shut = (): void => { setOpen(false); box.current?.querySelector<HTMLElement>('button')?.focus(); };
  const walk = (e: KeyboardEvent): void => {
    if (!open) return;
    const items = [...(box.current?.querySelectorAll<HTMLElement>('[role="menuitem"]') ?? [])];
    const at = items.findIndex((i) => i === document.activeElement);
    const step = { ArrowDown: at + 1, ArrowUp: at - 1 + items.length, Home: 0, End: items.length - 1 }[e.key];
    if (step !== undefined) { e.preventDefault(); items[step % items.length]?.focus(); }
    if (e.key === 'Escape') { e.stopPropagation(); shut(); }
    if (e.key === 'Tab') setOpen(false);
  };
  const toggle = (): void => {
    const under = box.current?.getBoundingClientRect().bottom ?? 0;
    setUp(under + 36 * deeds.length + 24 > window.innerHeight);
    setOpen(!open);
  };
  const run = (d: Deed): void => {
    shut();
    const done = d.onPress();
    if (done instanceof Promise) done.catch(failed);
  };
  return (
    <div class="menu-box" ref={box} onKeyDown={walk}>
      <Button icon="more" label={label} bare kind="plain" small={small === true} onPress={toggle} pressed={open} />
      {open && (
        <div class={`menu ${up ? 'up' : ''}`} role="menu" aria-label={label}>
          {deeds.map((d) => (
            <>
              {d.apart === true && <hr />}
              <button key={d.label} type="button" role="menuitem" tabIndex={-1} class={d.danger === true ? 'danger' : undefined} onClick={() => { run(d); }}>
                {d.icon !== undefined && <Icon name={d.icon} size={15} />}{d.label}
              </button>
            </>
          ))}
        </div>
      )}
    </div>
  );
}
