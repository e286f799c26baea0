import fs from 'node:fs';
import path from 'node:path';
import { findPlace } from './place.js';

interface Entry { readonly name: string; readonly folder: boolean; readonly size: number; readonly at: Date }

/** The page of a folder: what it holds and serves, folders first. */
export async function listingPage(root: string, real: string, parts: readonly string[]): Promise<string> {
  const entries = (await entriesOf(root, real)).sort((a, b) => Number(b.folder) - Number(a.folder) || (a.name < b.name ? -1 : 1));
  const title = escapeHtml(`/${parts.map((p) => `${p}/`).join('')}`);
  const up = parts.length > 0 ? ['<tr><td><a href="../">../</a></td><td></td><td></td></tr>'] : [];
  const rows = entries.map((e) => {
    const name = e.folder ? `${e.name}/` : e.name;
    // `./` keeps a name such as `javascript:x` from being a scheme.
    return `<tr><td><a href="./${escapeHtml(encodeURIComponent(e.name))}${e.folder ? '/' : ''}">${escapeHtml(name)}</a></td><td>${e.folder ? '' : e.size}</td><td>${e.at.toISOString().slice(0, 19).replace('T', ' ')}</td></tr>`;
  });
  return `<!doctype html>
<html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>
<style>body{font-family:monospace}td{padding:0 1em 0 0}td:nth-child(2){text-align:right}</style></head>
<body><h1>${title}</h1>
<table>${[...up, ...rows].join('\n')}</table></body></html>
`;
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

// Only what a request for it would get: no dot files, no links that lead out.
async function entriesOf(root: string, real: string): Promise<Entry[]> {
  const below = path.relative(root, real).split('/').filter((p) => p !== '');
  const found: Entry[] = [];
  for (const name of await fs.promises.readdir(real)) {
    const place = await findPlace(root, [...below, name]);
    if (place.is !== 'file' && place.is !== 'folder') continue;
    const stat = await fs.promises.stat(place.real);
    found.push({ name, folder: place.is === 'folder', size: stat.size, at: stat.mtime });
  }
  return found;
}
