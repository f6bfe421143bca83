import type { Server } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';

export type Health = Readonly<{
  /** Of everything: what load balancers and `grpc_health_probe` look at. */
  set: (isServing: boolean) => void;
}>;

/** The standard health service: `''` and every service named answer alike, not serving at first. */
export const addHealth = (server: Server, services: readonly string[]): Health => {
  const names = ['', ...services];
  const health = new HealthImplementation(
    Object.fromEntries(names.map((name) => [name, 'NOT_SERVING' as const])),
  );
  health.addToServer(server);
  return {
    set: (isServing) => {
      for (const name of names) health.setStatus(name, isServing ? 'SERVING' : 'NOT_SERVING');
    },
  };
};
