import { Arborist } from '@npmcli/arborist';
import fs from 'node:fs/promises';
import path from 'node:path';
import type { FetchOptions } from './fetch.js';

export interface Tree {
  /** Integrity of the module's own tarball, where there is one. */
  readonly integrity?: string;
  /** How many packages were installed, the module included. */
  readonly packages: number;
  /** name@version of packages with an install script. */
  readonly withScripts: readonly string[];
}

/** npm's tree builder, for pacote: it packs git checkouts with it. */
export const treeBuilder: unknown = Arborist;

/**
 * Installs `add` (one spec, exact) and its dependencies into `<dir>/node_modules`, as `npm install --prefix` would:
 * package.json and package-lock.json beside it, no dev dependencies. Throws what npm's libraries throw.
 */
export async function installTree(dir: string, name: string, add: string, options: FetchOptions, allowScripts: boolean): Promise<Tree> {
  await fs.writeFile(path.join(dir, 'package.json'), '{"private":true}\n');
  const builder = new Arborist({
    ...options,
    path: dir,
    ignoreScripts: !allowScripts,
    // A folder given as a module is linked before it comes here; one given as a dependency is linked by npm too.
    savePrefix: '',
    progress: false,
    audit: false,
  });
  const tree = await builder.reify({ add: [add], omit: ['dev'], save: true });
  const nodes = [...tree.inventory.values()].filter((node) => !node.isRoot);
  const own = tree.children.get(name);
  const scripted: string[] = [];
  for (const node of nodes) {
    if (await wantsScript(node)) scripted.push(`${node.name}@${node.version}`);
  }
  // npm's null: a git checkout has none.
  const integrity = own?.integrity ?? undefined;
  return { ...(integrity === undefined ? {} : { integrity }), packages: nodes.length, withScripts: scripted };
}

// npm builds a package with a binding.gyp as if it had `install: node-gyp rebuild`.
async function wantsScript(node: { readonly path: string; readonly hasInstallScript: boolean }): Promise<boolean> {
  if (node.hasInstallScript) return true;
  return fs.access(path.join(node.path, 'binding.gyp')).then(() => true, () => false);
}
