import type { Server, ServerCredentials } from '@grpc/grpc-js';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export type DoorLimits = Readonly<{
  /** Connections open at once: in all, and from one address. */
  connectionsMax: number;
  connectionsPerAddressMax: number;
  /** Who has connected and says nothing for so long is put out again. */
  silentMaxMs: number;
}>;

export type Door = Readonly<{ port: number; close: () => Promise<void> }>;

/** What HTTP/2 begins with; a TLS handshake begins with more. */
const PREFACE_BYTES = 24;

/** How long connections that the server has ended may take to close. */
const LAST_WORDS_MS = 1_000;

/**
 * Listens for strangers: as `bind`, with a limit of connections. grpc-js takes as many as there are file
 * descriptors, each with memory of its own, before a single call has been counted.
 */
export const openDoor = async (
  server: Server,
  { host, port }: Readonly<{ host: string; port: number }>,
  credentials: ServerCredentials,
  limits: DoorLimits,
): Promise<Door> => {
  const injector = server.createConnectionInjector(credentials);
  const open = new Set<Socket>();
  const perAddress = new Map<string, number>();
  const listener = createServer({ noDelay: true }, (socket) => {
    const address = socket.remoteAddress ?? '';
    const count = perAddress.get(address) ?? 0;
    if (count >= limits.connectionsPerAddressMax) return void socket.destroy();
    perAddress.set(address, count + 1);
    open.add(socket);
    const silence = setTimeout(() => {
      if (socket.bytesRead < PREFACE_BYTES) socket.destroy();
    }, limits.silentMaxMs);
    socket.once('close', () => {
      clearTimeout(silence);
      open.delete(socket);
      const left = (perAddress.get(address) ?? 1) - 1;
      if (left === 0) perAddress.delete(address);
      else perAddress.set(address, left);
    });
    injector.injectConnection(socket);
  });
  listener.maxConnections = limits.connectionsMax;
  listener.listen(port, host);
  await once(listener, 'listening').catch((error: unknown) => {
    throw new Error(`Expected to listen on ${host}:${port}: ${(error as Error).message}`);
  });
  return {
    port: (listener.address() as AddressInfo).port,
    close: async () => {
      listener.close();
      for (const socket of open) if (socket.bytesRead < PREFACE_BYTES) socket.destroy();
      // The server has ended the others: their last words go out first.
      const ended = [...open].map((socket) => once(socket, 'close'));
      await Promise.race([Promise.allSettled(ended), sleep(LAST_WORDS_MS)]);
      for (const socket of open) socket.destroy();
    },
  };
};
