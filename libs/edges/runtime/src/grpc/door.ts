import { ServerCredentials, type Server } from '@grpc/grpc-js';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TlsFiles } from './certificates.ts';
import { byDefault, type ReportCertificate } from './credentials.ts';
import { openTls } from './tls-door.ts';

export type DoorLimits = Readonly<{
  /** Connections open at once: in all, and from one address. */
  connectionsMax: number;
  connectionsPerAddressMax: number;
  /** Who has connected and says nothing for so long is put out again. */
  silentMaxMs: number;
}>;

/** Where it listens. Plaintext without files; with an authority, callers must show a certificate of it. */
export type DoorPlace = Readonly<{ host: string; port: number; tls?: TlsFiles }>;

/** Who is behind the door: connections of HTTP/2 go to one, all others to the other. */
export type DoorGuests = Readonly<{ http2: Server; http1: (socket: Socket) => void }>;

export type Door = Readonly<{ port: number; close: () => Promise<void> }>;

/** What HTTP/2 begins with; a TLS handshake begins with more. */
const PREFACE_BYTES = 24;

/** Begins like the preface and like no request of HTTP/1.1. */
const PREFACE_START = Buffer.from('PRI ');

/** How long connections that the server has ended may take to close. */
const LAST_WORDS_MS = 1_000;

/** What a connection speaks: looked at, and left to be read. */
const lookAt = (socket: Socket, take: (isHttp2: boolean) => void): void => {
  let seen: Buffer = Buffer.alloc(0);
  const look = (): void => {
    const found = socket.read() as Buffer | null;
    if (found === null) return;
    seen = Buffer.concat([seen, found]);
    const start = seen.subarray(0, PREFACE_START.length);
    const isLike = start.equals(PREFACE_START.subarray(0, start.length));
    if (isLike && start.length < PREFACE_START.length) return;
    socket.off('readable', look);
    socket.unshift(seen);
    take(isLike);
  };
  socket.on('readable', look);
};

/**
 * Listens for strangers: as `bind`, with a limit of connections, and for HTTP/1.1 on the same port. grpc-js
 * takes as many connections as there are file descriptors, each with memory of its own, before a single call
 * has been counted.
 */
export const openDoor = async (
  { http2, http1 }: DoorGuests,
  { host, port, tls }: DoorPlace,
  limits: DoorLimits,
  onCertificateRefused: ReportCertificate = byDefault,
): Promise<Door> => {
  const injector = http2.createConnectionInjector(ServerCredentials.createInsecure());
  const take = (socket: Socket, isHttp2: boolean): void =>
    isHttp2 ? injector.injectConnection(socket) : http1(socket);
  const secure =
    tls === undefined
      ? undefined
      : openTls(tls, onCertificateRefused, limits.silentMaxMs, (socket) => {
          socket.on('error', () => socket.destroy());
          take(socket, socket.alpnProtocol === 'h2');
        });
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
    // Whoever takes the connection has its own; until then a reset must not be nobody's.
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      clearTimeout(silence);
      open.delete(socket);
      const left = (perAddress.get(address) ?? 1) - 1;
      if (left === 0) perAddress.delete(address);
      else perAddress.set(address, left);
    });
    if (secure === undefined) lookAt(socket, (isHttp2) => take(socket, isHttp2));
    else secure.server.emit('connection', socket);
  });
  listener.maxConnections = limits.connectionsMax;
  listener.listen(port, host);
  await once(listener, 'listening').catch((error: unknown) => {
    secure?.close();
    throw new Error(`Expected to listen on ${host}:${port}: ${(error as Error).message}`);
  });
  return {
    port: (listener.address() as AddressInfo).port,
    close: async () => {
      listener.close();
      secure?.close();
      for (const socket of open) if (socket.bytesRead < PREFACE_BYTES) socket.destroy();
      // The server has ended the others: their last words go out first.
      const ended = [...open].map((socket) => once(socket, 'close'));
      const over = new AbortController();
      const late = sleep(LAST_WORDS_MS, undefined, { signal: over.signal }).catch(() => undefined);
      await Promise.race([Promise.allSettled(ended), late]);
      over.abort();
      for (const socket of open) socket.destroy();
    },
  };
};
