import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/**
 * Where a connection is cut: before the server has seen the request, or after it has answered, the answer
 * being lost.
 */
export type Cut = 'request' | 'answer';

export type CutProxy = Readonly<{
  /** The server's URL through the proxy. */
  url: string;
  /** The next request on any connection is cut. */
  arm: (cut: Cut) => void;
  close: () => Promise<void>;
}>;

/** A wire between a client and a server that can be cut at the worst moments. */
export const startCutProxy = async (url: string): Promise<CutProxy> => {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  let armed: Cut | undefined;
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    let isAnswerLost = false;
    const cut = (): void => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', cut);
      socket.on('close', () => {
        sockets.delete(socket);
        cut();
      });
    }
    client.on('data', (chunk) => {
      if (armed === 'request') {
        armed = undefined;
        return cut();
      }
      if (armed === 'answer') {
        armed = undefined;
        isAnswerLost = true;
      }
      upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      if (isAnswerLost) cut();
      else client.write(chunk);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const through = new URL(url);
  through.port = String((server.address() as AddressInfo).port);
  return {
    url: through.href,
    arm: (cut) => (armed = cut),
    close: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
};
