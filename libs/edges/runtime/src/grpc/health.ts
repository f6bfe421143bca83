import { Server, ServerCredentials } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import { bind, SERVER_OPTIONS, shutDown } from './server.ts';

export type Health = Readonly<{
  /** Of everything: what load balancers and probes of readiness look at. */
  set: (isServing: boolean) => void;
  /** Answers the same on another server. */
  serveOn: (server: Server) => void;
}>;

/** Serving while the process answers at all, also when it catches up or stands at a poison event. */
export const ALIVE = 'plinth.alive';

/** The standard health service: `''` and every service named answer alike, not serving at first. */
export const addHealth = (server: Server, services: readonly string[]): Health => {
  const names = ['', ...services];
  const health = new HealthImplementation({
    ...Object.fromEntries(names.map((name) => [name, 'NOT_SERVING' as const])),
    [ALIVE]: 'SERVING',
  });
  health.addToServer(server);
  return {
    set: (isServing) => {
      for (const name of names) health.setStatus(name, isServing ? 'SERVING' : 'NOT_SERVING');
    },
    serveOn: (other) => health.addToServer(other),
  };
};

const GRACE_MS = 500;

/** Closes what was opened. */
export type Closing = () => Promise<void>;

/**
 * A port of its own for health alone, in plaintext: who probes a process from its machine has no certificate,
 * and calls need one. Port 0 opens none.
 */
export const openHealthPort = async (health: Health, host: string, port: number): Promise<Closing> => {
  if (port === 0) return async () => undefined;
  const server = new Server(SERVER_OPTIONS);
  health.serveOn(server);
  await bind(server, host, port, ServerCredentials.createInsecure());
  return () => shutDown(server, GRACE_MS);
};
