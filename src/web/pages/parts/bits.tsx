/** Small compositions of the page's furniture. */
import { useEffect, useRef, type ComponentChildren, type JSX } from '../lib/preact.js';
import { Icon } from './icons.js';

export function Panel({ title, right, flush, bad, children, label }: { readonly title?: ComponentChildren; readonly label?: string; readonly right?: ComponentChildren; readonly flush?: boolean; readonly bad?: boolean; readonly children: ComponentChildren }): JSX.Element {
  return (
    <section class={`panel ${bad === true ? 'alarm' : ''}`} aria-label={label ?? (typeof title === 'string' ? title : undefined)}>
      {(title !== undefined || right !== undefined) && <header>{typeof title === 'string' ? <h2>{title}</h2> : title}{right !== undefined && <div class="right">{right}</div>}</header>}
      <div class={`body ${flush === true ? 'flush' : ''}`}>{children}</div>
    </section>
  );
}

export function Tile({ what, much, more }: { readonly what: string; readonly much: ComponentChildren; readonly more?: ComponentChildren }): JSX.Element {
  return <div class="tile"><span class="what">{what}</span><span class="much">{much}</span>{more !== undefined && <span class="more">{more}</span>}</div>;
}

export interface Tab { readonly key: string; readonly name: string; readonly href: string; readonly tally?: number }

/** Pages of a page: links, so that each has an address. */
export function Tabs({ tabs, at, label }: { readonly tabs: readonly Tab[]; readonly at: string; readonly label: string }): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => { box.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' }); }, [at]);
  const walk = (e: KeyboardEvent): void => {
    const all = [...(box.current?.querySelectorAll<HTMLElement>('[role="tab"]') ?? [])];
    const now = all.findIndex((t) => t === document.activeElement);
    const next = { ArrowRight: now + 1, ArrowLeft: now - 1 + all.length }[e.key];
    if (now >= 0 && next !== undefined) { e.preventDefault(); all[next % all.length]?.focus(); }
  };
  return (
    <div class="tabs" role="tablist" aria-label={label} ref={box} onKeyDown={walk}>
      {tabs.map((t) => <a key={t.key} role="tab" href={t.href} aria-selected={t.key === at}>{t.name}{t.tally !== undefined && t.tally > 0 && <span class="tally">{t.tally}</span>}</a>)}
    </div>
  );
}

export function Segments<T extends string>({ label, all, at, onPick }: { readonly label: string; readonly all: readonly (readonly [T, string])[]; readonly at: T; readonly onPick: (key: T) => void }): JSX.Element {
  return (
    <div class="segments" role="group" aria-label={label}>
      {all.map(([key, name]) => <button key={key} type="button" aria-pressed={key === at} onClick={() => { onPick(key); }}>{name}</button>)}
    </div>
  );
}

/** The field that `/` jumps to. */
export function Find({ value, onInput, label, placeholder }: { readonly value: string; readonly onInput: (text: string) => void; readonly label: string; readonly placeholder?: string }): JSX.Element {
  return (
    <div class="find">
      <Icon name="search" size={14} />
      <input type="search" data-find aria-label={label} placeholder={placeholder ?? label} value={value} autocomplete="off" spellcheck={false}
        onInput={(e) => { onInput(e.currentTarget.value); }}
        onKeyDown={(e) => { if (e.key === 'Escape') { if (value !== '') onInput(''); else e.currentTarget.blur(); } }} />
      <kbd aria-hidden="true">/</kbd>
    </div>
  );
}

export function Strip({ kind, children }: { readonly kind: 'ok' | 'warn' | 'bad' | 'idle'; readonly children: ComponentChildren }): JSX.Element {
  return <div class={`strip ${kind}`} role={kind === 'bad' ? 'alert' : 'status'}><Icon name={kind === 'ok' ? 'check' : kind === 'idle' ? 'info' : 'alert'} size={15} /><div>{children}</div></div>;
}
