/** A text with line numbers. */
import { useLayoutEffect, useRef, type JSX } from '../lib/preact.js';

interface Props { readonly label: string; readonly text: string; readonly onText: (text: string) => void; readonly onSave: () => void }

export function Editor({ label, text, onText, onSave }: Props): JSX.Element {
  const area = useRef<HTMLTextAreaElement>(null);
  const numbers = useRef<HTMLDivElement>(null);
  const lines = text.split('\n').length;
  const follow = (): void => { if (numbers.current !== null && area.current !== null) numbers.current.scrollTop = area.current.scrollTop; };
  useLayoutEffect(follow, [lines]);
  const key = (e: KeyboardEvent): void => {
    if ((e.ctrlKey || e.metaKey) && e.key === 's') { e.preventDefault(); onSave(); }
    // Tab stays the way out of the field for those without a mouse; a new line keeps the indent of the one above.
    if (e.key === 'Enter' && area.current !== null && !e.ctrlKey && !e.metaKey) {
      const at = area.current.selectionStart;
      const indent = /^[ \t]*/.exec(text.slice(text.lastIndexOf('\n', at - 1) + 1, at))?.[0] ?? '';
      if (indent === '') return;
      e.preventDefault();
      area.current.setRangeText(`\n${indent}`, at, area.current.selectionEnd, 'end');
      onText(area.current.value);
    }
  };
  return (
    <div class="editor">
      <div class="lines" ref={numbers} aria-hidden="true">{Array.from({ length: lines }, (_, i) => i + 1).join('\n')}</div>
      <textarea ref={area} aria-label={label} value={text} spellcheck={false} autocomplete="off" wrap="off" onInput={(e) => { onText(e.currentTarget.value); }} onScroll={follow} onKeyDown={key} />
    </div>
  );
}
