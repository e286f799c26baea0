import fs from 'node:fs';

/**
 * `bytes` of the kernel's randomness as hex digits. Straight from /dev/urandom: node:crypto gives the same and costs
 * the daemon a megabyte and a millisecond of start for all that it brings besides.
 */
export function randomHex(bytes: number): string {
  if (at + bytes > pool.length) refill();
  const text = pool.toString('hex', at, at + bytes);
  pool.fill(0, at, at + bytes); // handed out once
  at += bytes;
  return text;
}

/** A version 4 UUID (RFC 9562). */
export function randomUuid(): string {
  const h = randomHex(16);
  const variant = ((Number.parseInt(h.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-${variant}${h.slice(17, 20)}-${h.slice(20)}`;
}

const pool = Buffer.alloc(1024);
let at = pool.length;

function refill(): void {
  const fd = fs.openSync('/dev/urandom', 'r');
  try {
    for (let got = 0; got < pool.length;) got += fs.readSync(fd, pool, got, pool.length - got, null);
  } finally {
    fs.closeSync(fd);
  }
  at = 0;
}
