import type { Home } from '../base/paths.js';
import { RpcClient } from '../rpc/client.js';

/**
 * Connects to a running daemon; DAEMON_DOWN when there is none. Apart from launch.ts because nearly every command ends
 * here, and what it takes to start a daemon (child_process alone is 3 ms) would be loaded for nothing.
 */
export async function connectDaemon(home: Home): Promise<RpcClient> {
  return await RpcClient.connect(home.rpcSocket);
}
