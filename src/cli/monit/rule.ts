import type { Paint } from '../output.js';
import { width } from '../width.js';
import { fitted } from './wrap.js';

/** The title row of a pane: heavy where the keys go. The text on the right is left out when there is no room. */
export function rule(title: string, right: string, columns: number, focus: boolean, p: Paint): string {
  const bar = focus ? '━' : '─';
  const line = focus ? p.cyan : p.dim;
  const head = fitted(title, Math.min(width(title), Math.max(0, columns - 4)));
  const left = columns - 4 - width(head);
  const tail = right !== '' && width(right) + 3 <= left ? ` ${right} ${bar}` : '';
  const middle = bar.repeat(Math.max(0, left - width(tail)));
  if (columns < 6) return line(bar.repeat(columns));
  return `${line(bar)} ${focus ? p.bold(p.cyan(head)) : p.bold(head)} ${line(`${bar}${middle}${tail}`)}`;
}
