import path from 'node:path';

/** The folder of a module's own sockets, `<home>/m/<ten hexadecimal digits>`: short, since a socket's path is. */
export function moduleDoor(home: string, module: string): string {
  // Not loaded before it is needed: it costs a daemon a millisecond, and most homes have no such module.
  const { createHash } = process.getBuiltinModule('node:crypto');
  return path.join(home, 'm', createHash('sha256').update(module).digest('hex').slice(0, 10));
}

/** Where a module keeps what it wants to have again, as `dataDir` of mgr/module has it. */
export const moduleData = (home: string, module: string): string => path.join(home, 'module-data', module.replaceAll('/', '+'));
