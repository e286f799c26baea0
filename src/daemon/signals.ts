import { MgrError } from '../base/errors.js';

/** The signal of a name or a number, as a person writes it (`SIGUSR2`, `usr2`, `12`). Throws BAD_OPTION. */
export async function signalNamed(text: string): Promise<NodeJS.Signals> {
  const { signal } = await import('../config/kinds.js');
  const found = signal.parse(text);
  if (found === undefined) throw new MgrError('BAD_OPTION', { path: 'signal', got: text, wanted: 'a signal such as SIGUSR2 or SIGHUP' });
  return found;
}
