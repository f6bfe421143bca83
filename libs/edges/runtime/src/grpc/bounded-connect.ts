import type { ChannelCredentials } from '@grpc/grpc-js';
import type { Socket } from 'node:net';
import { GRPC_LIMITS } from './limits.ts';

type Connector = ReturnType<ChannelCredentials['_createSecureConnector']>;

/**
 * grpc-js waits for ever for somebody who takes a connection and then says nothing, as a frozen process does,
 * and tries nobody else at that address meanwhile. With these credentials such a connection is given up after
 * so long, and made anew with the channel's usual pause.
 */
export const boundedConnect = <T extends ChannelCredentials>(
  credentials: T,
  connectMs: number = GRPC_LIMITS.connectMs,
): T => {
  const make = credentials._createSecureConnector.bind(credentials);
  credentials._createSecureConnector = (...given) => bounded(make(...given), connectMs);
  return credentials;
};

const bounded = (connector: Connector, connectMs: number): Connector => ({
  waitForReady: () => connector.waitForReady(),
  getCallCredentials: () => connector.getCallCredentials(),
  destroy: () => connector.destroy(),
  connect: async (socket) => {
    const silent = Promise.withResolvers<never>();
    let isSilent = (): boolean => true;
    const timer = setTimeout(() => {
      if (!isSilent()) return;
      silent.reject(new Error(`Expected words on a new connection within ${connectMs} ms`));
      socket.destroy();
    }, connectMs).unref();
    socket.once('close', () => clearTimeout(timer));
    const result = await Promise.race([connector.connect(socket), silent.promise]);
    // The other side speaks first over HTTP/2: it sends its settings.
    isSilent = silentSince(result.socket);
    silent.promise.catch(() => undefined);
    return result;
  },
});

const silentSince = (socket: Socket): (() => boolean) => {
  const { bytesRead } = socket;
  return () => socket.bytesRead === bytesRead;
};
