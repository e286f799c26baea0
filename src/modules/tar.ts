import { gunzipSync } from 'node:zlib';

export interface TarFile { readonly path: string; readonly bytes: number; readonly data: Buffer }

const BLOCK = 512;

/** The files in a gzipped tarball, without the top folder all of them stand in. Throws what zlib says when it is none. */
export function readTarball(gzipped: Buffer): TarFile[] {
  const tar = gunzipSync(gzipped);
  const files: TarFile[] = [];
  let long: string | undefined;
  for (let at = 0; at + BLOCK <= tar.length;) {
    const head = tar.subarray(at, at + BLOCK);
    const text = (from: number, length: number): string => untilNul(head.subarray(from, from + length));
    const bytes = Number.parseInt(text(124, 12).trim() || '0', 8);
    const data = tar.subarray(at + BLOCK, at + BLOCK + bytes);
    at += BLOCK + Math.ceil(bytes / BLOCK) * BLOCK;
    const type = text(156, 1);
    // A name longer than its field comes in an entry of its own before it: x as pax has it, L as GNU has it.
    if (type === 'x') long = paxPath(data) ?? long;
    else if (type === 'L') long = untilNul(data);
    else {
      const prefix = text(345, 155);
      const name = long ?? (prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`);
      long = undefined;
      if ((type === '0' || type === '') && name !== '') files.push({ path: name.replace(/^[^/]*\//, ''), bytes, data });
    }
  }
  return files;
}

const untilNul = (bytes: Buffer): string => {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end === -1 ? bytes.length : end);
};

// Records of `<length> <key>=<value>\n`, the length counted in bytes and over the whole record.
function paxPath(data: Buffer): string | undefined {
  for (let at = 0; at < data.length;) {
    const blank = data.indexOf(0x20, at);
    const length = Number(data.toString('latin1', at, blank));
    if (blank === -1 || !(length > 0)) return undefined;
    const [key = '', ...value] = data.toString('utf8', blank + 1, at + length - 1).split('=');
    if (key === 'path') return value.join('=');
    at += length;
  }
  return undefined;
}
