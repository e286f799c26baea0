import { MgrError } from '../base/errors.js';
import { formFault } from '../container/form-check.js';

/** Throws MODULE_BAD when the settings that a package.json declares cannot be used: its users would find out one by one. */
export async function checkSettings(pkg: unknown, { spec, name }: { readonly spec: string; readonly name: string }): Promise<void> {
  const fault = await formFault(pkg, name);
  if (fault !== undefined) throw new MgrError('MODULE_BAD', { spec, reason: fault, hint: 'its author mends its package.json; nothing was changed' });
}
