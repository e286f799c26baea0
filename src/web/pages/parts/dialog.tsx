/** A dialog of the browser's own: it holds the focus, Escape closes it, the focus goes back where it was. */
import { useEffect, useId, useRef, type ComponentChildren, type JSX } from '../lib/preact.js';
import { Button } from './button.js';

interface Props {
  readonly title: string;
  readonly wide?: boolean;
  readonly onClose: () => void;
  /** With it the dialog is a form. */
  readonly onSubmit?: () => void;
  readonly children: ComponentChildren;
  readonly footer?: ComponentChildren;
}

export function Dialog(p: Props): JSX.Element {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const d = ref.current;
    const before = document.activeElement;
    d?.showModal();
    d?.querySelector<HTMLElement>('[data-first], input, select, textarea')?.focus();
    return () => {
      d?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  const inner = (
    <>
      <header><h2 id={id}>{p.title}</h2><Button icon="close" label="Close" bare kind="plain" onPress={p.onClose} /></header>
      <div class="body">{p.children}</div>
      {p.footer !== undefined && <footer>{p.footer}</footer>}
    </>
  );
  return (
    <dialog ref={ref} class={p.wide === true ? 'wide' : undefined} aria-labelledby={id}
      onCancel={(e) => { e.preventDefault(); p.onClose(); }}
      // A press that begins and ends on the backdrop closes; one that merely ends there (selecting text) does not.
      onMouseDown={(e) => { if (e.target === ref.current) p.onClose(); }}>
      {p.onSubmit === undefined ? <div>{inner}</div> : <form noValidate onSubmit={(e) => { e.preventDefault(); p.onSubmit?.(); }}>{inner}</form>}
    </dialog>
  );
}
