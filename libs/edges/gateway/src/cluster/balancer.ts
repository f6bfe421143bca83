import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export type Balancer = Readonly<{
  port: number;
  add: (port: number) => void;
  remove: (port: number) => void;
  /** Cuts so many ends of connections, the oldest first; says how many there were. */
  cut: (count: number) => number;
  close: () => void;
}>;

/** One address for several replicas: each connection goes to the next one that takes it. */
export const startBalancer = async (): Promise<Balancer> => {
  const ports: number[] = [];
  const sockets = new Set<Socket>();
  let turn = 0;
  const server = createServer((client) => {
    sockets.add(client);
    client.on('close', () => sockets.delete(client));
    client.on('error', () => client.destroy());
    turn += 1;
    const candidates = ports.map((_, i) => ports[(turn + i) % ports.length] ?? 0);
    reach(client, candidates);
  });
  const reach = (client: Socket, [port, ...others]: readonly number[]): void => {
    if (port === undefined) return void client.destroy();
    const upstream = connect(port, '127.0.0.1');
    sockets.add(upstream);
    let isOpen = false;
    upstream.once('connect', () => {
      isOpen = true;
      client.pipe(upstream).pipe(client);
    });
    upstream.on('error', () => (isOpen ? client.destroy() : reach(client, others)));
    upstream.on('close', () => {
      sockets.delete(upstream);
      if (isOpen) client.destroy();
    });
    client.on('close', () => upstream.destroy());
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    add: (port) => void ports.push(port),
    remove: (port) => {
      const at = ports.indexOf(port);
      if (at >= 0) ports.splice(at, 1);
    },
    cut: (count) => {
      const cut = [...sockets].slice(0, count);
      for (const socket of cut) socket.destroy();
      return cut.length;
    },
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
};
