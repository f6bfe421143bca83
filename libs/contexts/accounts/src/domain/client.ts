import { reject, type Decider, type Instant, type NewEvent, type Rejection } from '@plinth/eventing';
import type { AccountsCode } from './codes.ts';
import { LIMITS } from './limits.ts';

export const KYC_STATES = ['pending', 'approved', 'suspended'] as const;
export type KycState = (typeof KYC_STATES)[number];

export const SCOPES = ['read', 'trade', 'transfer', 'withdraw', 'operate'] as const;
export type Scope = (typeof SCOPES)[number];

export const KEY_ALGORITHMS = ['ed25519', 'hmac-sha256'] as const;
export type KeyAlgorithm = (typeof KEY_ALGORITHMS)[number];

export type ClientCommand =
  | Readonly<{ type: 'PlaceClient'; clientId: string; cell: string; wanted: string }>
  | Readonly<{ type: 'OpenClient'; clientId: string; name: string; jurisdiction: string; cell: string }>
  | Readonly<{ type: 'SetKycState'; clientId: string; state: KycState; reason: string }>
  | Readonly<{
      type: 'IssueApiKey';
      clientId: string;
      keyId: string;
      algorithm: KeyAlgorithm;
      verifier: Buffer;
      scopes: readonly Scope[];
    }>
  | Readonly<{ type: 'RevokeApiKey'; clientId: string; keyId: string }>
  | Readonly<{
      type: 'AddDestination';
      clientId: string;
      asset: string;
      destination: string;
      usableAtMs: Instant;
    }>
  | Readonly<{ type: 'RemoveDestination'; clientId: string; asset: string; destination: string }>;

export type ClientEvent =
  | 'ClientPlaced'
  | 'ClientOpened'
  | 'KycStateSet'
  | 'ApiKeyIssued'
  | 'ApiKeyRevoked'
  | 'WithdrawalDestinationAdded'
  | 'WithdrawalDestinationRemoved';

export type ClientState = Readonly<{
  status: 'none' | 'open';
  /** Cell that the client was placed in; empty when it never was. */
  cell: string;
  kyc: KycState;
  /** Key id to whether it is in force. */
  keys: ReadonlyMap<string, boolean>;
  /** `asset destination`. */
  destinations: ReadonlySet<string>;
}>;

type Outcome = readonly NewEvent<ClientEvent>[] | Rejection<AccountsCode>;

const unknown = reject<AccountsCode>('CLIENT_UNKNOWN', 'Expected the id of an open client', {
  field: 'client_id',
  reason: 'missing',
});

const issueKey = (command: Extract<ClientCommand, { type: 'IssueApiKey' }>, state: ClientState): Outcome => {
  const { clientId, keyId, algorithm, verifier, scopes } = command;
  if (state.kyc === 'suspended') {
    return reject('CLIENT_SUSPENDED', 'Expected a client that is not suspended', { field: 'client_id' });
  }
  if (state.keys.has(keyId)) {
    return reject('API_KEY_EXISTS', `Expected a key id never used before, was ${keyId}`, {
      field: 'key_id',
      reason: 'exists',
    });
  }
  if (state.keys.size >= LIMITS.keysPerClientMax) {
    return reject('LIMIT_REACHED', `Expected at most ${LIMITS.keysPerClientMax} keys, revoked ones included`);
  }
  return [{ type: 'ApiKeyIssued', data: { clientId, keyId, algorithm, verifier, scopes: [...scopes] } }];
};

const addDestination = (
  command: Extract<ClientCommand, { type: 'AddDestination' }>,
  state: ClientState,
): Outcome => {
  const { clientId, asset, destination, usableAtMs } = command;
  if (state.destinations.has(`${asset} ${destination}`)) {
    return reject('DESTINATION_EXISTS', 'Expected a destination that the client does not have yet', {
      field: 'destination',
      reason: 'exists',
    });
  }
  if (state.destinations.size >= LIMITS.destinationsPerClientMax) {
    return reject(
      'LIMIT_REACHED',
      `Expected at most ${LIMITS.destinationsPerClientMax} destinations: remove one`,
    );
  }
  return [{ type: 'WithdrawalDestinationAdded', data: { clientId, asset, destination, usableAtMs } }];
};

const exists = (clientId: string, cell: string): Rejection<AccountsCode> =>
  reject('CLIENT_EXISTS', `Expected a new client id, was ${clientId}`, {
    field: 'client_id',
    reason: 'exists',
    ...(cell === '' ? {} : { details: { cell } }),
  });

/** Once and for ever: who asks again is told the same, whatever cell would be chosen now. */
const place = (command: Extract<ClientCommand, { type: 'PlaceClient' }>, state: ClientState): Outcome => {
  const { clientId, cell, wanted } = command;
  if (state.cell === '')
    return state.status === 'open'
      ? exists(clientId, '')
      : [{ type: 'ClientPlaced', data: { clientId, cell } }];
  if (wanted === '' || wanted === state.cell) return [];
  return reject('CLIENT_PLACED', `Expected cell ${state.cell}: the client is placed there`, {
    field: 'cell',
    details: { cell: state.cell },
  });
};

const open = (command: Extract<ClientCommand, { type: 'OpenClient' }>, state: ClientState): Outcome => {
  const { clientId, name, jurisdiction, cell } = command;
  if (state.status === 'open') return exists(clientId, '');
  if (state.cell !== '' && state.cell !== cell) return exists(clientId, state.cell);
  return [{ type: 'ClientOpened', data: { clientId, name, jurisdiction } }];
};

const decideOpen = (
  command: Exclude<ClientCommand, { type: 'OpenClient' | 'PlaceClient' }>,
  state: ClientState,
): Outcome => {
  const { clientId } = command;
  switch (command.type) {
    case 'SetKycState':
      if (state.kyc === command.state) return [];
      return [{ type: 'KycStateSet', data: { clientId, state: command.state, reason: command.reason } }];
    case 'IssueApiKey':
      return issueKey(command, state);
    case 'RevokeApiKey': {
      const inForce = state.keys.get(command.keyId);
      if (inForce === undefined) {
        return reject('API_KEY_UNKNOWN', 'Expected the id of a key of this client', {
          field: 'key_id',
          reason: 'missing',
        });
      }
      return inForce ? [{ type: 'ApiKeyRevoked', data: { clientId, keyId: command.keyId } }] : [];
    }
    case 'AddDestination':
      return addDestination(command, state);
    case 'RemoveDestination': {
      const { asset, destination } = command;
      if (!state.destinations.has(`${asset} ${destination}`)) {
        return reject('DESTINATION_UNKNOWN', 'Expected a destination of this client', {
          field: 'destination',
          reason: 'missing',
        });
      }
      return [{ type: 'WithdrawalDestinationRemoved', data: { clientId, asset, destination } }];
    }
  }
};

const evolve = (state: ClientState, event: NewEvent<ClientEvent>): ClientState => {
  switch (event.type) {
    case 'ClientPlaced':
      return { ...state, cell: event.data.cell };
    case 'ClientOpened':
      return { ...state, status: 'open' };
    case 'KycStateSet':
      return { ...state, kyc: event.data.state as KycState };
    case 'ApiKeyIssued':
      return { ...state, keys: new Map([...state.keys, [event.data.keyId, true]]) };
    case 'ApiKeyRevoked':
      return { ...state, keys: new Map([...state.keys, [event.data.keyId, false]]) };
    case 'WithdrawalDestinationAdded':
      return {
        ...state,
        destinations: new Set([...state.destinations, `${event.data.asset} ${event.data.destination}`]),
      };
    case 'WithdrawalDestinationRemoved': {
      const gone = `${event.data.asset} ${event.data.destination}`;
      return { ...state, destinations: new Set([...state.destinations].filter((known) => known !== gone)) };
    }
  }
};

/**
 * Stream client-{client}: a legal entity, its KYC state, its keys and where its money may go. In the home
 * cell it is also the one judge of which cell the client is in.
 */
export const clientDecider: Decider<ClientState, ClientCommand, ClientEvent, AccountsCode> = {
  initialState: () => ({
    ...{ status: 'none', cell: '', kyc: 'pending' },
    ...{ keys: new Map(), destinations: new Set() },
  }),
  decide: (command, state) => {
    switch (command.type) {
      case 'PlaceClient':
        return place(command, state);
      case 'OpenClient':
        return open(command, state);
      default:
        return state.status === 'open' ? decideOpen(command, state) : unknown;
    }
  },
  evolve,
};
