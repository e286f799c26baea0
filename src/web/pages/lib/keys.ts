/** Keys of the whole page. Never while somebody types, nor with Ctrl, Alt or Meta: those belong to the browser. */
import { signal } from './signals.js';
import { go, to } from './router.js';
import { nextTheme } from './theme.js';

export const helpOpen = signal(false);

/** Second key after `g`. */
export const JUMPS: readonly (readonly [key: string, name: string, place: string])[] = [
  ['p', 'Processes', 'processes'], ['m', 'Modules', 'modules'], ['h', 'Host', 'host'], ['j', 'Jobs', 'jobs'], ['l', 'Logs', 'logs'], ['c', 'Machine', 'machine'],
];

export function startKeys(): void {
  let afterG = -Infinity;
  document.addEventListener('keydown', (e) => {
    if (e.ctrlKey || e.altKey || e.metaKey || e.defaultPrevented || typing(e.target) || document.querySelector('dialog[open]') !== null) return;
    const jump = e.timeStamp - afterG < 1200 ? JUMPS.find(([key]) => key === e.key) : undefined;
    afterG = -Infinity;
    if (jump !== undefined) go(to([jump[2]]));
    else if (e.key === 'g') { afterG = e.timeStamp; return; }
    else if (e.key === '?') helpOpen.value = true;
    else if (e.key === 't') nextTheme();
    else if (e.key === '/') { const find = document.querySelector<HTMLInputElement>('main [data-find]'); if (find === null) return; find.focus(); find.select(); }
    else if (e.key === 'j' || e.key === 'k') { if (!walk(e.key === 'j' ? 1 : -1)) return; }
    else return;
    e.preventDefault();
  });
}

/** From row to row of the page's list. */
function walk(step: number): boolean {
  const links = [...document.querySelectorAll<HTMLElement>('main [data-row]')];
  if (links.length === 0) return false;
  const inside = document.activeElement?.closest('tr, li')?.querySelector<HTMLElement>('[data-row]');
  const at = inside === null || inside === undefined ? -1 : links.indexOf(inside);
  const next = links[at === -1 && step < 0 ? links.length - 1 : Math.min(links.length - 1, Math.max(0, at + step))];
  next?.focus();
  next?.scrollIntoView({ block: 'nearest' });
  return true;
}

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName) && !(target instanceof HTMLInputElement && target.type === 'checkbox'));
}
