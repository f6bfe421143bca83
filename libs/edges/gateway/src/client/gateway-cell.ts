import { reject } from '@plinth/eventing';
import type { Receipt } from '@plinth/messages';
import type { CellClient } from '@plinth/runtime';
import { setTimeout as sleep } from 'node:timers/promises';
import { RULES } from '../policy/rules.ts';
import { backoffMs } from './backoff.ts';
import { GatewayError, type GatewayClient, type MethodName, type ServiceName } from './gateway-client.ts';

/** How often a command that the gateway asks to wait with is sent again. */
const WAITS_MAX = 20;

/** Service of the edge by the name of its command. */
const SERVICE_OF: ReadonlyMap<string, string> = new Map(
  Object.entries(RULES).flatMap(([service, methods]) =>
    Object.entries(methods)
      .filter(([, { kind }]) => kind === 'command')
      .map(([method]) => [method, service] as const),
  ),
);

/**
 * Commands to a cell through its gateway, for programs of an operator. Whoever is asked to wait waits and
 * sends the same again under the same id; what became of a command that was not answered is thrown as
 * unknown.
 */
export const gatewayCell = (client: GatewayClient): Pick<CellClient, 'command'> => ({
  command: async (name, request, { requestId }) => {
    const service = SERVICE_OF.get(name) as ServiceName | undefined;
    if (service === undefined) throw new Error(`Expected a command of the gateway, was ${name}`);
    for (let wait = 0; ; wait += 1) {
      try {
        const method = name as MethodName<typeof service>;
        const { response } = await client.call(service, method, request, { requestId });
        const { position, id } = response as Receipt;
        return { status: 'accepted', position, id };
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error;
        if (error.isUnknown || (error.retryAfterMs !== undefined && wait >= WAITS_MAX)) throw error;
        if (error.retryAfterMs === undefined)
          return { status: 'rejected', rejection: reject(error.reason, error.message) };
        await sleep(backoffMs(wait, error.retryAfterMs));
      }
    }
  },
});
