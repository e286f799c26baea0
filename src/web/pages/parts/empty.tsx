/** Nothing here yet: says why, and the next command. */
import { say } from '../lib/notes.js';
import type { ComponentChildren, JSX } from '../lib/preact.js';
import { Button } from './button.js';
import { Icon, type IconName } from './icons.js';

interface Props { readonly icon: IconName; readonly title: string; readonly text?: string; readonly command?: string; readonly slim?: boolean; readonly children?: ComponentChildren }

export function Empty({ icon, title, text, command, slim, children }: Props): JSX.Element {
  return (
    <div class={`empty ${slim === true ? 'slim' : ''}`}>
      <Icon name={icon} />
      <strong>{title}</strong>
      {text !== undefined && <p>{text}</p>}
      {command !== undefined && <Command text={command} />}
      {children}
    </div>
  );
}

/** A command line to take along. */
export function Command({ text }: { readonly text: string }): JSX.Element {
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text);
    say('Copied');
  };
  return <span class="cmd">{text}<Button icon="copy" label={`Copy ${text}`} bare small kind="plain" onPress={copy} /></span>;
}

export function Waiting({ what }: { readonly what: string }): JSX.Element {
  return <div class="empty slim" role="status"><span class="spin" /><span class="dim">{what}</span></div>;
}

/** A part of the page could not be read. */
export function Trouble({ error, retry }: { readonly error: Error & { readonly hint?: string | undefined }; readonly retry?: () => void }): JSX.Element {
  return (
    <div class="empty slim" role="alert">
      <Icon name="alert" /><strong>{error.message}</strong>
      {error.hint !== undefined && <p>{error.hint}</p>}
      {retry !== undefined && <Button icon="restart" label="Try again" onPress={retry} />}
    </div>
  );
}
