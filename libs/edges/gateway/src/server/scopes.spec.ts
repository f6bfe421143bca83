import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { status as grpc } from '@grpc/grpc-js';
import { SCOPES, type Scope } from '../auth/key-directory.ts';
import { emptyRequest, GatewayError, type GatewayClient } from '../client/gateway-client.ts';
import { makeKey, verifierOf } from '../client/key-file.ts';
import { RULES } from '../policy/rules.ts';
import { startGateway, type Started } from '../testing/started-gateway.ts';
import { WIRE_METHODS } from '../testing/wire-descriptors.ts';

const RATES = { perSecond: 1_000_000, burst: 1_000_000 };

/** Guards are of the configuration alone. */
const CLIENT_SCOPES = SCOPES.filter((scope) => scope !== 'guard');

describe('scopes', () => {
  let on: Started;
  const clients = new Map<string, GatewayClient>();

  beforeAll(async () => {
    const guard = makeKey('operator.guard');
    const operatorKeys = [{ keyId: guard.keyId, publicKey: verifierOf(guard), scopes: ['guard'] as const }];
    on = await startGateway({ rates: { perKey: RATES, perClient: RATES }, operatorKeys });
    clients.set('guard', on.client(guard));
    clients.set('guard of a client', on.client(on.issue('alpha', { name: 'guard', scopes: ['guard'] })));
    for (const scope of CLIENT_SCOPES) {
      clients.set(scope, on.client(on.issue('alpha', { name: scope, scopes: [scope] })));
      const pending = on.issue('beta', { name: scope, scopes: [scope], kycState: 'pending' });
      clients.set(`pending ${scope}`, on.client(pending));
    }
  });

  afterAll(() => on.stop());

  const isUnary = ({ service }: { service: string }): boolean => service !== 'Streams';

  /** The reason of the refusal; empty when the call got past the scopes. */
  const tried = async (client: string, service: string, name: string): Promise<string> => {
    try {
      const request = emptyRequest(service as 'Accounts', name as 'GetAccount');
      await clients.get(client)?.call(service as 'Accounts', name as 'GetAccount', request);
      return '';
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      return error.code === grpc.PERMISSION_DENIED ? error.reason : '';
    }
  };

  const allows = (scope: Scope, needed: Scope | undefined): boolean =>
    scope === needed || (scope === 'operate' && needed === 'read');

  it.each(WIRE_METHODS.filter(isUnary))(
    '$service.$name is for keys with its scope',
    async ({ service, name }) => {
      const needed = RULES[service]?.[name]?.scope;
      for (const scope of SCOPES) {
        expect([scope, await tried(scope, service, name)]).toEqual([
          scope,
          allows(scope, needed) ? '' : 'SCOPE_MISSING',
        ]);
      }
      expect(await tried('guard of a client', service, name)).toBe('SCOPE_MISSING');
    },
  );

  const isForClients = ({ service, name }: { service: string; name: string }): boolean =>
    RULES[service]?.[name]?.scope !== 'guard';

  it.each(WIRE_METHODS.filter(isUnary).filter(isForClients))(
    '$service.$name is for clients in good standing, unless it reads',
    async ({ service, name }) => {
      const needed = RULES[service]?.[name]?.scope ?? 'read';
      expect(await tried(`pending ${needed}`, service, name)).toBe(
        needed === 'read' ? '' : 'CLIENT_NOT_APPROVED',
      );
    },
  );
});
