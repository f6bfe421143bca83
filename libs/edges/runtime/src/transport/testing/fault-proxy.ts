import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Address } from '../kafka-settings.ts';

/**
 * What happens to one produce request. `lose-request`: the broker never sees it. `lose-response`: the broker
 * has written it, nobody is told. `hold-response`: as before, but the connection stays open and silent.
 * `duplicate`: the broker gets it twice. `delay`: the answer comes late.
 */
export type Fault = 'none' | 'lose-request' | 'lose-response' | 'hold-response' | 'duplicate' | 'delay';

export type FaultProxy = Readonly<{
  address: Address;
  /** Faults that have been done, by kind. */
  done: ReadonlyMap<Fault, number>;
  close: () => Promise<void>;
}>;

const PRODUCE = 0;
const DELAY_MS = 120;
/** Above what a client counts up to: marks the answer to a request that was sent a second time. */
const SECOND = 0x4000_0000;

/** Cuts a stream of bytes into Kafka's frames: 4 bytes of length, then so many bytes. */
const framesOf = (take: (frame: Buffer) => void): ((chunk: Buffer) => void) => {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4) {
      const size = 4 + rest.readInt32BE(0);
      if (rest.length < size) return;
      take(Buffer.from(rest.subarray(0, size)));
      rest = rest.subarray(size);
    }
  };
};

/** A wire to one broker on which chosen produce requests fare badly. */
export const startFaultProxy = async (broker: Address, choose: () => Fault): Promise<FaultProxy> => {
  const sockets = new Set<Socket>();
  const done = new Map<Fault, number>();
  const server = createServer((client) => {
    const upstream = connect(broker);
    const faults = new Map<number, Fault>();
    const cut = (): void => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', cut);
      socket.on('close', () => (sockets.delete(socket), cut()));
    }
    const request = framesOf((frame) => {
      const fault = frame.readInt16BE(4) === PRODUCE ? choose() : 'none';
      if (fault !== 'none') done.set(fault, (done.get(fault) ?? 0) + 1);
      if (fault === 'lose-request') return cut();
      const correlation = frame.readInt32BE(8);
      faults.set(correlation, fault);
      upstream.write(frame);
      if (fault !== 'duplicate') return;
      const again = Buffer.from(frame);
      again.writeInt32BE(SECOND + correlation, 8);
      upstream.write(again);
    });
    const response = framesOf((frame) => {
      const correlation = frame.readInt32BE(4);
      const fault = faults.get(correlation) ?? 'none';
      faults.delete(correlation);
      if (correlation >= SECOND || fault === 'hold-response') return;
      if (fault === 'lose-response') return cut();
      if (fault !== 'delay') return void client.write(frame);
      void sleep(DELAY_MS).then(() => client.destroyed || client.write(frame));
    });
    client.on('data', request);
    upstream.on('data', response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    server.close();
    for (const socket of sockets) socket.destroy();
    await once(server, 'close');
  };
  return { address: { host: '127.0.0.1', port }, done, close };
};
