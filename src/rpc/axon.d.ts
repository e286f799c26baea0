/** The little of axon 2.0.3 that transport.ts uses. */
declare module 'axon' {
  import type { Socket } from 'node:net';

  export interface AxonSocket extends NodeJS.EventEmitter {
    /** Calls of a `req` socket that wait for their answer, by message id. */
    readonly callbacks?: Record<string, (...args: unknown[]) => void>;
    addSocket(conn: Socket): void;
    onmessage(conn: Socket): (frame: Buffer) => void;
    pack(args: readonly unknown[]): Buffer;
    send(...args: unknown[]): void;
  }
  const axon: { socket(type: 'req' | 'rep' | 'pub' | 'sub'): AxonSocket };
  export default axon;
}
