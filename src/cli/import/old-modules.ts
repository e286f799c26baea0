import fs from 'node:fs';
import path from 'node:path';
import type { Pm2Bag } from '../../config/pm2-record.js';

export interface OldModule {
  readonly name: string;
  /** For `mgr install`: the version that is installed there, or where it came from. */
  readonly spec: string;
}

/** What PM2 has installed, and sentences about what cannot be taken. */
export function oldModules(conf: Pm2Bag, home: string): { readonly modules: readonly OldModule[]; readonly left: readonly string[] } {
  const modules: OldModule[] = [];
  const left: string[] = [];
  for (const name of Object.keys(objectOf(conf['module-db-v2']))) {
    const dir = path.join(home, 'modules', name);
    const asked = objectOf(json(path.join(dir, 'package.json'))['dependencies'])[name];
    const version = json(path.join(dir, 'node_modules', name, 'package.json'))['version'];
    // A range means the registry; anything else (git, a file, a URL) is an address.
    const address = typeof asked === 'string' && /[:/]/.test(asked) ? asked : undefined;
    if (address !== undefined) modules.push({ name, spec: addressOf(address, dir) });
    else if (typeof version === 'string') modules.push({ name, spec: `${name}@${version}` });
    else left.push(`module \`${name}\` is registered, but ${path.join(dir, 'node_modules', name)} is not there; \`mgr install ${name}\` would install it anew`);
  }
  for (const [name, entry] of Object.entries(objectOf(conf['tar-modules']))) {
    const url = objectOf(entry)['install_url'];
    if (typeof url === 'string' && url !== '') modules.push({ name, spec: url });
    else left.push(`module \`${name}\` came from a tarball whose place is not known`);
  }
  return { modules, left };
}

// npm writes a path relative to the folder of the package.json.
function addressOf(asked: string, dir: string): string {
  return asked.startsWith('file:') ? `file:${path.resolve(dir, asked.slice('file:'.length))}` : asked;
}

function json(file: string): Pm2Bag {
  try {
    return objectOf(JSON.parse(fs.readFileSync(file, 'utf8')));
  } catch {
    return {}; // absent or broken: what is missing is told by the caller
  }
}

const objectOf = (v: unknown): Pm2Bag => (typeof v === 'object' && v !== null && !Array.isArray(v) ? v as Pm2Bag : {});
