/** What a module may do, in one line: by what its package.json declares under `mgr.permissions`. */
export function trustWords(name: string, permissions: unknown): string {
  if (permissions === undefined) return `${name} declares no permissions: it may do all that you may, as under PM2`;
  const list = Array.isArray(permissions) ? permissions.join(', ') : typeof permissions === 'string' ? permissions : JSON.stringify(permissions);
  return `${name} declares the permissions ${list}: this version of mgr does not hold it to them yet`;
}
