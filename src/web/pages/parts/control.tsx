/** One field of a form made from a schema: label, meaning, control, what is wrong. */
import { plain } from '../lib/format.js';
import { useId, type ComponentChildren, type JSX } from '../lib/preact.js';
import type { FieldSpec } from './fields.js';

interface Props {
  readonly field: FieldSpec;
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly wrong?: string | undefined;
  readonly fine?: string | undefined;
  readonly disabled?: boolean;
  readonly placeholder?: string;
  /** Beside the meaning: where the value comes from. */
  readonly more?: ComponentChildren;
}

export function Control(p: Props): JSX.Element {
  const id = useId();
  const { field: f } = p;
  return (
    <div class="setting">
      <div class="about">
        <label for={id}>{f.key}{f.required && <span class="bad" title="needed"> *</span>}</label>
        <span class="hint" id={`${id}-h`}>{[f.description, hintOf(f)].filter((t) => t !== undefined && t !== '').join(' · ')}</span>
      </div>
      <div class="stack tight">
        <Input p={p} id={id} />
        {p.more !== undefined && <span class="hint">{p.more}</span>}
        {p.wrong !== undefined && <span class="wrong" role="alert">{p.wrong}</span>}
        {p.wrong === undefined && p.fine !== undefined && <span class="fine" role="status">{p.fine}</span>}
      </div>
    </div>
  );
}

function Input({ p, id }: { readonly p: Props; readonly id: string }): JSX.Element {
  const { field: f, text } = p;
  const common = { id, disabled: p.disabled === true, 'aria-invalid': p.wrong !== undefined, 'aria-describedby': `${id}-h` };
  const take = (e: { readonly currentTarget: { readonly value: string } }): void => { p.onText(e.currentTarget.value); };
  const placeholder = p.placeholder ?? (f.default === undefined ? '' : plain(f.default));
  switch (f.kind) {
    case 'flag': return <select {...common} value={text} onChange={take}>{text === '' && <option value="">{`as default${f.default === undefined ? '' : `: ${f.default === true ? 'on' : 'off'}`}`}</option>}<option value="true">on</option><option value="false">off</option></select>;
    case 'choice': return <select {...common} value={text} onChange={take}>{(text === '' || !f.required) && <option value="">{f.default === undefined ? 'none' : `as default: ${plain(f.default)}`}</option>}{f.choices?.map((c) => <option key={String(c)} value={String(c)}>{String(c)}</option>)}</select>;
    case 'list': return <textarea {...common} rows={3} value={text} placeholder={placeholder || 'one a line'} spellcheck={false} onInput={take} />;
    case 'json': return <textarea {...common} rows={5} value={text} placeholder={placeholder || '{ }'} spellcheck={false} onInput={take} />;
    case 'long': return <textarea {...common} rows={4} value={text} placeholder={placeholder} onInput={take} />;
    case 'secret': return <input {...common} type="password" value={text} placeholder={placeholder} autocomplete="new-password" onInput={take} />;
    case 'number': return <input {...common} type="text" inputMode="decimal" class="num-in" value={text} placeholder={placeholder} autocomplete="off" onInput={take} />;
    case 'text': return <input {...common} type="text" value={text} placeholder={placeholder} autocomplete="off" spellcheck={false} onInput={take} />;
  }
}

function hintOf(f: FieldSpec): string {
  const range = f.min === undefined && f.max === undefined ? '' : ` ${f.min ?? ''}…${f.max ?? ''}`;
  return `${f.type}${range}${f.unit === undefined ? '' : `, ${f.unit}`}`;
}
