import type { CommandContext, Intent, Rejection } from '@plinth/eventing';
import type { accountsMessages as m } from '@plinth/messages';
import { KEY_ALGORITHMS, KYC_STATES, SCOPES, type KeyAlgorithm } from '../domain/client.ts';
import { LIMITS } from '../domain/limits.ts';
import type { AccountsConfig } from './config.ts';
import {
  assetOf,
  cellOf,
  checked,
  clientOf,
  accountOf,
  idOf,
  oneOf,
  OPERATOR,
  operatorOnly,
  refuse,
  textOf,
} from './request-checks.ts';
import { onAccount, onAsset, onClient } from './streams.ts';
import type { AccountsViews } from './views.ts';

type Plan = readonly Intent[] | Rejection;

const CHAIN = /^[a-z][a-z0-9]{0,23}$/;

export const listAsset = (
  request: m.ListAssetRequest,
  _views: AccountsViews,
  context: CommandContext,
): Plan =>
  checked(() => {
    operatorOnly(context);
    const asset = idOf('asset', request.asset, 'asset');
    if (request.scale > LIMITS.assetScaleMax) {
      refuse('INVALID_FIELD', `Expected scale from 0 to ${LIMITS.assetScaleMax}`, {
        field: 'scale',
        reason: 'invalid',
      });
    }
    const kind = oneOf(['fiat', 'stablecoin', 'coin'], request.kind, 'kind');
    const { chains } = request;
    const fine = chains.length <= LIMITS.chainsPerAssetMax && chains.every((chain) => CHAIN.test(chain));
    if (!fine || new Set(chains).size !== chains.length) {
      refuse('INVALID_FIELD', `Expected at most ${LIMITS.chainsPerAssetMax} different chains like ethereum`, {
        field: 'chains',
        reason: 'invalid',
      });
    }
    return [onAsset({ type: 'ListAsset', asset, scale: request.scale, kind, chains })];
  });

const newClientOf = (value: string): string => {
  const clientId = idOf('client', value, 'client_id');
  if (clientId !== OPERATOR) return clientId;
  return refuse('INVALID_FIELD', 'Expected another client_id: operator is reserved', {
    field: 'client_id',
    reason: 'invalid',
  });
};

/** Of the cells that take new clients the one with the fewest, the first of equals. */
const roomiest = (cells: readonly string[], { directory }: AccountsViews, config: AccountsConfig): string => {
  const counts = new Map(cells.map((cell) => [cell, 0]));
  for (const cell of directory.placements.values()) counts.set(cell, (counts.get(cell) ?? 0) + 1);
  // Clients of this cell from before there was another one were never placed.
  let here = counts.get(config.cell) ?? 0;
  for (const clientId of directory.clients.keys()) if (!directory.placements.has(clientId)) here += 1;
  counts.set(config.cell, here);
  return cells.reduce((best, cell) => ((counts.get(cell) ?? 0) < (counts.get(best) ?? 0) ? cell : best));
};

export const placeClient =
  (config: AccountsConfig) =>
  (request: m.PlaceClientRequest, views: AccountsViews, context: CommandContext): Plan =>
    checked(() => {
      operatorOnly(context);
      const clientId = newClientOf(request.clientId);
      const { cells, cell: wanted } = request;
      const fine =
        cells.length > 0 && cells.length <= LIMITS.cellsMax && new Set(cells).size === cells.length;
      if (!fine) {
        refuse('INVALID_FIELD', `Expected cells of 1 to ${LIMITS.cellsMax} different ones`, {
          field: 'cells',
          reason: 'invalid',
        });
      }
      for (const cell of cells) cellOf(cell, 'cells');
      const cell = wanted === '' ? roomiest(cells, views, config) : oneOf(cells, wanted, 'cell');
      return [onClient({ type: 'PlaceClient', clientId, cell, wanted })];
    });

export const openClient =
  (config: AccountsConfig) =>
  (request: m.OpenClientRequest, _views: AccountsViews, context: CommandContext): Plan =>
    checked(() => {
      operatorOnly(context);
      const clientId = newClientOf(request.clientId);
      const name = textOf(request.name, 'name', 1, LIMITS.nameMaxLength);
      const jurisdiction = request.jurisdiction;
      if (!/^[A-Z]{2}$/.test(jurisdiction)) {
        refuse('INVALID_FIELD', 'Expected jurisdiction as two letters of ISO 3166-1, such as CH', {
          field: 'jurisdiction',
          reason: 'invalid',
        });
      }
      return [onClient({ type: 'OpenClient', clientId, name, jurisdiction, cell: config.cell })];
    });

export const setKycState = (
  request: m.SetKycStateRequest,
  views: AccountsViews,
  context: CommandContext,
): Plan =>
  checked(() => {
    operatorOnly(context);
    const { clientId } = clientOf(request.clientId, views, context);
    const state = oneOf(KYC_STATES, request.state, 'state');
    const reason = textOf(request.reason, 'reason', 0, LIMITS.reasonMaxLength);
    return [onClient({ type: 'SetKycState', clientId, state, reason })];
  });

const ED25519_KEY_BYTES = 32;

const verifierOf = (verifier: Buffer, algorithm: KeyAlgorithm): Buffer => {
  const [least, most] =
    algorithm === 'ed25519' ? [ED25519_KEY_BYTES, ED25519_KEY_BYTES] : [1, LIMITS.sealedSecretMaxBytes];
  if (verifier.length >= least && verifier.length <= most) return verifier;
  return refuse('INVALID_FIELD', `Expected verifier of ${least} to ${most} bytes for ${algorithm}`, {
    field: 'verifier',
    reason: 'invalid',
  });
};

const KEY_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;

/**
 * `{client}.{name}`: nobody else can use it, so that key ids are unique in the cell without asking anybody.
 */
const keyIdOf = (keyId: string, clientId: string): string => {
  const name = keyId.startsWith(`${clientId}.`) ? keyId.slice(clientId.length + 1) : '';
  if (name.length <= LIMITS.keyNameMaxLength && KEY_NAME.test(name)) return keyId;
  return refuse(
    'INVALID_FIELD',
    `Expected key_id like ${clientId}.desk1, at most 31 characters after the point`,
    {
      field: 'key_id',
      reason: 'invalid',
    },
  );
};

export const issueApiKey = (
  request: m.IssueApiKeyRequest,
  views: AccountsViews,
  context: CommandContext,
): Plan =>
  checked(() => {
    const { clientId } = clientOf(request.clientId, views, context);
    const keyId = keyIdOf(request.keyId, clientId);
    const algorithm = oneOf(KEY_ALGORITHMS, request.algorithm, 'algorithm');
    const verifier = verifierOf(request.verifier, algorithm);
    const asked = new Set(request.scopes.map((scope) => oneOf(SCOPES, scope, 'scopes')));
    if (asked.size === 0 || asked.size !== request.scopes.length) {
      refuse('INVALID_FIELD', `Expected scopes of ${SCOPES.join(', ')}, each once, at least one`, {
        field: 'scopes',
        reason: 'invalid',
      });
    }
    if (asked.has('operate')) operatorOnly(context);
    const scopes = SCOPES.filter((scope) => asked.has(scope));
    return [onClient({ type: 'IssueApiKey', clientId, keyId, algorithm, verifier, scopes })];
  });

export const revokeApiKey = (
  request: m.RevokeApiKeyRequest,
  views: AccountsViews,
  context: CommandContext,
): Plan =>
  checked(() => {
    const { clientId } = clientOf(request.clientId, views, context);
    return [onClient({ type: 'RevokeApiKey', clientId, keyId: keyIdOf(request.keyId, clientId) })];
  });

const DESTINATION = /^[\x21-\x7e]+$/;

export const destinationOf = (destination: string): string => {
  if (destination.length <= LIMITS.destinationMaxLength && DESTINATION.test(destination)) return destination;
  return refuse(
    'INVALID_FIELD',
    `Expected destination of 1 to ${LIMITS.destinationMaxLength} ASCII characters without blanks`,
    { field: 'destination', reason: 'invalid' },
  );
};

export const addWithdrawalDestination =
  (config: AccountsConfig) =>
  (request: m.AddWithdrawalDestinationRequest, views: AccountsViews, context: CommandContext): Plan =>
    checked(() => {
      const { clientId } = clientOf(request.clientId, views, context);
      const { symbol: asset } = assetOf(request.asset, views);
      const destination = destinationOf(request.destination);
      const usableAtMs = context.now + config.destinationDelayMs;
      return [onClient({ type: 'AddDestination', clientId, asset, destination, usableAtMs })];
    });

export const removeWithdrawalDestination = (
  request: m.RemoveWithdrawalDestinationRequest,
  views: AccountsViews,
  context: CommandContext,
): Plan =>
  checked(() => {
    const { clientId } = clientOf(request.clientId, views, context);
    const { symbol: asset } = assetOf(request.asset, views);
    return [
      onClient({
        type: 'RemoveDestination',
        clientId,
        asset,
        destination: destinationOf(request.destination),
      }),
    ];
  });

export const openAccount = (
  request: m.OpenAccountRequest,
  views: AccountsViews,
  context: CommandContext,
): Plan =>
  checked(() => {
    const accountId = idOf('account', request.accountId, 'account_id');
    const client = clientOf(request.clientId, views, context);
    if (client.kyc === 'suspended') refuse('CLIENT_SUSPENDED', 'Expected a client that is not suspended');
    if (client.accountIds.length >= LIMITS.accountsPerClientMax) {
      refuse('LIMIT_REACHED', `Expected at most ${LIMITS.accountsPerClientMax} accounts of one client`);
    }
    const name = textOf(request.name, 'name', 0, LIMITS.nameMaxLength);
    return [onAccount(accountId, { type: 'OpenAccount', accountId, clientId: client.clientId, name })];
  });

export const openSubAccount = (
  request: m.OpenSubAccountRequest,
  views: AccountsViews,
  context: CommandContext,
): Plan =>
  checked(() => {
    const { accountId } = accountOf(request.accountId, views, context);
    const subAccountId = idOf('subAccount', request.subAccountId, 'sub_account_id');
    const name = textOf(request.name, 'name', 0, LIMITS.nameMaxLength);
    return [onAccount(accountId, { type: 'OpenSubAccount', subAccountId, name })];
  });
