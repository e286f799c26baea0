/** Light, dark, or what the machine prefers. */
import { computed, effect, signal } from './signals.js';
import { stored } from './stored.js';

export type Theme = 'auto' | 'light' | 'dark';
const ORDER: readonly Theme[] = ['auto', 'light', 'dark'];

/** What was chosen. */
export const theme = stored<Theme>('theme', 'auto', ORDER);

const asks = window.matchMedia('(prefers-color-scheme: dark)');
const machine = signal(asks.matches);
asks.addEventListener('change', () => { machine.value = asks.matches; });

/** What is shown. */
export const dark = computed(() => (theme.value === 'auto' ? machine.value : theme.value === 'dark'));

export function startTheme(): void {
  effect(() => { document.documentElement.dataset['theme'] = dark.value ? 'dark' : 'light'; });
}

export function nextTheme(): void { theme.value = ORDER[(ORDER.indexOf(theme.value) + 1) % ORDER.length] ?? 'auto'; }
