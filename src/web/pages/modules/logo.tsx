/** A module's own picture, or its first letter in its own colours. */
import type { WidgetView } from '../../api-types.js';
import { useState, type JSX } from '../lib/preact.js';

export function Logo({ name, widget }: { readonly name: string; readonly widget: WidgetView | undefined }): JSX.Element {
  const [broken, setBroken] = useState(false);
  const [ground, , accent] = colours(widget);
  const letter = name.replace(/^@[^/]*\//, '').replace(/^(?:pm2|mgr)-/, '').charAt(0).toUpperCase();
  return (
    <span class="logo" style={ground === undefined ? undefined : { background: ground, color: readable(accent, ground) }} aria-hidden="true">
      {widget?.logo !== undefined && !broken ? <img src={widget.logo} alt="" onError={() => { setBroken(true); }} /> : letter}
    </span>
  );
}

/** Only what is a colour: a theme is a stranger's word. */
export function colours(widget: WidgetView | undefined): readonly (string | undefined)[] {
  return (widget?.theme ?? []).map((c) => (/^#(?:[0-9a-f]{3}|[0-9a-f]{6})$/i.test(c) ? c : undefined));
}

/** The accent where it can be read on that ground, else black or white. */
export function readable(accent: string | undefined, ground: string): string {
  const g = light(ground);
  if (accent !== undefined && contrast(light(accent), g) >= 4.5) return accent;
  return contrast(1, g) >= contrast(0, g) ? '#ffffff' : '#000000';
}

function contrast(a: number, b: number): number { return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05); }

/** Relative luminance (WCAG). */
function light(hex: string): number {
  const full = hex.length === 4 ? hex.slice(1).replaceAll(/./g, '$&$&') : hex.slice(1);
  const [r = 0, g = 0, b = 0] = [0, 2, 4].map((i) => { const c = parseInt(full.slice(i, i + 2), 16) / 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
