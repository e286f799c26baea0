import fs from 'node:fs';
import path from 'node:path';
import type { ModuleView, ProcessDetail } from '../../protocol/views.js';
import type { Asked } from '../context.js';
import { HttpError } from '../http-error.js';
import { sendText } from '../reply.js';

const MEDIA: Readonly<Record<string, string>> = { '.png': 'image/png', '.jpg': 'image/jpeg', '.jpeg': 'image/jpeg', '.gif': 'image/gif', '.webp': 'image/webp', '.svg': 'image/svg+xml', '.ico': 'image/x-icon' };
const MOST = 1024 * 1024;

/** The picture that the module's widget names by a path in its package. Nothing outside of the package is read. */
export async function sendLogo(module: ModuleView, details: readonly ProcessDetail[], { req, res }: Asked): Promise<void> {
  const named = details.map((d) => d.options['widget']).flatMap((w) => (typeof w === 'object' && w !== null && 'logo' in w && typeof w.logo === 'string' ? [w.logo] : []))[0];
  const media = named === undefined ? undefined : MEDIA[path.extname(named).toLowerCase()];
  const file = named === undefined || media === undefined ? undefined : within(path.join(module.dir, 'node_modules', module.name), named);
  if (file === undefined || media === undefined) throw new HttpError(404, 'NOT_FOUND', `${module.name} has no picture in its package`);
  await sendText(req, res, 200, media, await fs.promises.readFile(file));
}

function within(dir: string, name: string): string | undefined {
  try {
    const root = fs.realpathSync(dir);
    const real = fs.realpathSync(path.join(root, name));
    const stat = fs.statSync(real);
    return real.startsWith(root + path.sep) && stat.isFile() && stat.size <= MOST ? real : undefined;
  } catch {
    return undefined; // it is not there
  }
}
