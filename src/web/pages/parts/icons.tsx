/** Line icons, drawn here: 24 units, one stroke, the colour of the text around them. */
import type { JSX } from '../lib/preact.js';

const PATHS = {
  logo: 'M4 18V8l8 6 8-6v10M4 4h.01M20 4h.01',
  processes: 'M4 6h16M4 12h16M4 18h10',
  modules: 'M12 3l8 4.5v9L12 21l-8-4.5v-9zM12 12l8-4.5M12 12v9M12 12L4 7.5',
  host: 'M4 5h16v6H4zM4 13h16v6H4zM8 8h.01M8 16h.01',
  jobs: 'M12 7v5l3 2M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z',
  logs: 'M5 4h14v16H5zM9 9h6M9 13h6M9 17h3',
  machine: 'M7 7h10v10H7zM10 3v4M14 3v4M10 17v4M14 17v4M3 10h4M3 14h4M17 10h4M17 14h4',
  play: 'M7 5l12 7-12 7z',
  stop: 'M6 6h12v12H6z',
  restart: 'M4 12a8 8 0 1 1 2.5 5.8M4 12V6M4 12h6',
  reload: 'M20 11a8 8 0 0 0-14.5-3.5L4 9M4 4v5h5M4 13a8 8 0 0 0 14.5 3.5L20 15M20 20v-5h-5',
  scale: 'M4 14h5v6H4zM15 4h5v16h-5z',
  trash: 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v6M14 11v6',
  more: 'M5 11.2a.8.8 0 1 0 .01 0zM12 11.2a.8.8 0 1 0 .01 0zM19 11.2a.8.8 0 1 0 .01 0z',
  plus: 'M12 5v14M5 12h14',
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l4 4',
  close: 'M6 6l12 12M18 6L6 18',
  check: 'M5 12l5 5 9-10',
  alert: 'M12 4l9 16H3zM12 10v4M12 17h.01',
  info: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 11v5M12 8h.01',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.5 1.5M17.5 17.5L19 19M5 19l1.5-1.5M17.5 6.5L19 5',
  moon: 'M20 14A8.5 8.5 0 0 1 10 4a8.5 8.5 0 1 0 10 10z',
  auto: 'M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18',
  help: 'M9 9a3 3 0 1 1 4.5 2.6c-1 .6-1.5 1.2-1.5 2.4M12 17.5h.01M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z',
  down: 'M6 9l6 6 6-6',
  up: 'M6 15l6-6 6 6',
  right: 'M9 6l6 6-6 6',
  left: 'M15 6l-6 6 6 6',
  copy: 'M8 8h12v12H8zM16 8V4H4v12h4',
  pause: 'M8 5v14M16 5v14',
  bolt: 'M13 3L5 14h6l-1 7 8-11h-6z',
  edit: 'M4 20h4L19 9l-4-4L4 16z',
  key: 'M14 10a4 4 0 1 1 2.5 3.7L15 15h-2v2h-2v2H8v-3l5.4-5.4A4 4 0 0 1 14 10zM17 8h.01',
  file: 'M6 3h8l4 4v14H6zM14 3v4h4',
  lock: 'M6 11h12v9H6zM9 11V8a3 3 0 0 1 6 0v3',
  cancel: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM6 6l12 12',
  back: 'M9 7l-5 5 5 5M4 12h11a5 5 0 0 1 0 10',
} as const;

export type IconName = keyof typeof PATHS;

/** Never alone: what it means stands beside it or in the button's label. */
export function Icon({ name, size = 16, class: cls }: { readonly name: IconName; readonly size?: number; readonly class?: string }): JSX.Element {
  return (
    <svg class={cls} width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.9" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
