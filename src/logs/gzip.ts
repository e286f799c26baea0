import fs from 'node:fs';

/** Ending of an unfinished compressed file. */
export const TEMP = '.tmp';

/**
 * `file` -> `file.gz`, streamed in libuv's threads. The original goes only after the copy is whole and on the disk, and
 * the copy keeps its time and mode (a reader chooses files by time). On failure the original stays and the error is thrown.
 */
export async function gzipFile(file: string): Promise<void> {
  // Loaded by the first rotation, not by every daemon.
  const [zlib, { pipeline }] = await Promise.all([import('node:zlib'), import('node:stream/promises')]);
  const temp = `${file}.gz${TEMP}`;
  const st = await fs.promises.stat(file);
  try {
    await pipeline(fs.createReadStream(file), zlib.createGzip(), fs.createWriteStream(temp, { mode: st.mode & 0o777, flush: true }));
    await fs.promises.utimes(temp, st.atime, st.mtime);
    await fs.promises.rename(temp, `${file}.gz`);
  } catch (e) {
    await fs.promises.rm(temp, { force: true });
    throw e;
  }
  await fs.promises.rm(file);
}
