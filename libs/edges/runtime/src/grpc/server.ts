import { isIP } from 'node:net';
import type { Server, ServerCredentials, ServerOptions } from '@grpc/grpc-js';
import { GRPC_LIMITS } from './limits.ts';
import { promptRequests } from './prompt-requests.ts';

/** Bounds that grpc-js and Node hold by themselves. */
export const SERVER_OPTIONS: ServerOptions = {
  'grpc.max_receive_message_length': GRPC_LIMITS.messageBytesMax,
  'grpc.max_send_message_length': 4 * GRPC_LIMITS.messageBytesMax,
  'grpc.max_concurrent_streams': GRPC_LIMITS.streamsPerConnectionMax,
  'grpc.keepalive_time_ms': GRPC_LIMITS.keepaliveTimeMs,
  'grpc.keepalive_timeout_ms': GRPC_LIMITS.keepaliveTimeoutMs,
  'grpc.max_connection_idle_ms': GRPC_LIMITS.connectionIdleMaxMs,
  'grpc.max_connection_age_ms': GRPC_LIMITS.connectionAgeMaxMs,
  'grpc.max_connection_age_grace_ms': GRPC_LIMITS.connectionAgeGraceMs,
  'grpc-node.max_session_memory': GRPC_LIMITS.sessionMemoryMb,
  'grpc.enable_channelz': 0,
  interceptors: [promptRequests()],
};

/** `127.0.0.0/8`, `::1` and `localhost`. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));

/** Listens and gives the port; 0 takes a free one. */
export const bind = (
  server: Server,
  host: string,
  port: number,
  credentials: ServerCredentials,
): Promise<number> =>
  new Promise((resolve, reject) => {
    const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    server.bindAsync(address, credentials, (error, bound) => {
      if (error === null) resolve(bound);
      else reject(new Error(`Expected to listen on ${address}: ${error.message}`));
    });
  });

/** Takes no new calls and waits for those under way, at most `graceMs`; then cuts them. */
export const shutDown = async (server: Server, graceMs: number): Promise<void> => {
  const closed = new Promise<void>((resolve) => {
    server.tryShutdown(() => resolve());
  });
  const timer = setTimeout(() => server.forceShutdown(), graceMs);
  await closed;
  clearTimeout(timer);
};
