import { refill, type Envelope, type Fold } from '@plinth/eventing';
import type { EventData } from '@plinth/messages';
import { assert } from '@plinth/money';
import { fields } from '@plinth/views';
import type { KycState } from '../domain/client.ts';

export type ApiKey = Readonly<{
  keyId: string;
  clientId: string;
  algorithm: string;
  verifier: Buffer;
  scopes: readonly string[];
  revoked: boolean;
}>;

export type Destination = Readonly<{ asset: string; destination: string; usableAtMs: number }>;

export type Client = Readonly<{
  clientId: string;
  name: string;
  jurisdiction: string;
  kyc: KycState;
  keys: ReadonlyMap<string, ApiKey>;
  /** By `asset destination`. */
  destinations: ReadonlyMap<string, Destination>;
  accountIds: readonly string[];
}>;

export type AccountEntry = Readonly<{
  accountId: string;
  clientId: string;
  name: string;
  subAccountIds: readonly string[];
}>;

const without = <V>(map: ReadonlyMap<string, V>, key: string): ReadonlyMap<string, V> => {
  const copy = new Map(map);
  copy.delete(key);
  return copy;
};

/** Who there is: clients with their keys and destinations, accounts with their sub-accounts. */
export class DirectoryView implements Fold {
  readonly name = 'accounts-directory';
  readonly revision = 2;
  readonly clients = new Map<string, Client>();
  /** In the order of their opening. */
  readonly accounts = new Map<string, AccountEntry>();
  /** Cell by client: of those that this cell has placed, here or elsewhere. */
  readonly placements = new Map<string, string>();
  readonly #keyOwners = new Map<string, string>();

  apply(event: Envelope): void {
    switch (event.type) {
      case 'ClientPlaced':
        this.placements.set(event.data.clientId, event.data.cell);
        return;
      case 'ClientOpened':
        return this.#openClient(event.data);
      case 'KycStateSet':
        return this.#update(event.data.clientId, () => ({ kyc: event.data.state as KycState }));
      case 'ApiKeyIssued': {
        const { clientId, keyId, algorithm, verifier, scopes } = event.data;
        const key = { keyId, clientId, algorithm, verifier, scopes, revoked: false };
        this.#keyOwners.set(keyId, clientId);
        return this.#update(clientId, ({ keys }) => ({ keys: new Map([...keys, [keyId, key]]) }));
      }
      case 'ApiKeyRevoked': {
        const { clientId, keyId } = event.data;
        return this.#update(clientId, ({ keys }) => {
          const key = keys.get(keyId);
          assert(key !== undefined, () => `Expected an issued key, was ${keyId}`);
          return { keys: new Map([...keys, [keyId, { ...key, revoked: true }]]) };
        });
      }
      case 'WithdrawalDestinationAdded': {
        const { clientId, ...destination } = event.data;
        const id = `${destination.asset} ${destination.destination}`;
        return this.#update(clientId, ({ destinations }) => ({
          destinations: new Map([...destinations, [id, destination]]),
        }));
      }
      case 'WithdrawalDestinationRemoved': {
        const { clientId, asset, destination } = event.data;
        return this.#update(clientId, ({ destinations }) => ({
          destinations: without(destinations, `${asset} ${destination}`),
        }));
      }
      case 'AccountOpened':
        return this.#openAccount(event.data);
      case 'SubAccountOpened': {
        const { accountId, subAccountId } = event.data;
        const account = this.accounts.get(accountId);
        assert(account !== undefined, () => `Expected an open account, was ${accountId}`);
        const subAccountIds = [...account.subAccountIds, subAccountId];
        this.accounts.set(accountId, { ...account, subAccountIds });
        return;
      }
      default:
        return;
    }
  }

  clientOf(accountId: string): Client | undefined {
    const account = this.accounts.get(accountId);
    return account === undefined ? undefined : this.clients.get(account.clientId);
  }

  key(keyId: string): ApiKey | undefined {
    const owner = this.#keyOwners.get(keyId);
    return owner === undefined ? undefined : this.clients.get(owner)?.keys.get(keyId);
  }

  #openClient(data: EventData<'ClientOpened'>): void {
    const empty = { kyc: 'pending', keys: new Map(), destinations: new Map(), accountIds: [] } as const;
    this.clients.set(data.clientId, { ...data, ...empty });
  }

  #openAccount({ accountId, clientId, name }: EventData<'AccountOpened'>): void {
    this.accounts.set(accountId, { accountId, clientId, name, subAccountIds: [] });
    this.#update(clientId, ({ accountIds }) => ({ accountIds: [...accountIds, accountId] }));
  }

  #update(clientId: string, change: (client: Client) => Partial<Client>): void {
    const client = this.clients.get(clientId);
    assert(client !== undefined, () => `Expected an open client, was ${clientId}`);
    this.clients.set(clientId, { ...client, ...change(client) });
  }

  *entries(): Iterable<readonly [string, string]> {
    for (const [clientId, cell] of this.placements) yield [`placement:${clientId}`, fields(cell)];
    for (const client of this.clients.values()) {
      const { clientId, name, jurisdiction, kyc, accountIds } = client;
      yield [`client:${clientId}`, fields(name, jurisdiction, kyc, ...accountIds)];
      for (const k of client.keys.values()) {
        yield [
          `key:${k.keyId}`,
          fields(k.clientId, k.algorithm, k.verifier.toString('hex'), k.revoked, ...k.scopes),
        ];
      }
      for (const d of client.destinations.values()) {
        yield [`destination:${clientId}:${d.asset}:${d.destination}`, fields(d.usableAtMs)];
      }
    }
    for (const a of this.accounts.values()) {
      yield [`account:${a.accountId}`, fields(a.clientId, a.name, ...a.subAccountIds)];
    }
  }

  dump() {
    return { clients: this.clients, accounts: this.accounts, placements: this.placements };
  }

  load(state: ReturnType<DirectoryView['dump']>): void {
    refill(this.clients, state.clients);
    refill(this.accounts, state.accounts);
    refill(this.placements, state.placements);
    for (const { clientId, keys } of this.clients.values()) {
      for (const keyId of keys.keys()) this.#keyOwners.set(keyId, clientId);
    }
  }

  reset(): void {
    this.clients.clear();
    this.accounts.clear();
    this.placements.clear();
    this.#keyOwners.clear();
  }
}
