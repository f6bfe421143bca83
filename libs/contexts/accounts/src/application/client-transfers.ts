import { isRejection, type CommandContext, type Intent, type Rejection } from '@plinth/eventing';
import { clearingAccount } from '@plinth/market';
import type { accountsMessages as m, EventData } from '@plinth/messages';
import { accountDestination } from '../domain/client-transfers.ts';
import { amountOf } from '../domain/ledger-amount.ts';
import { LIMITS } from '../domain/limits.ts';
import { byKey, page, pageSizeOf } from './paging.ts';
import type { AccountsConfig } from './config.ts';
import { valueUsd } from './money-commands.ts';
import { READER } from './account-queries.ts';
import {
  accountOf,
  assetOf,
  cellOf,
  checked,
  idOf,
  locationOf,
  oneOf,
  operatorOnly,
  positiveAmount,
  refuse,
} from './request-checks.ts';
import { onAccount, onClearing } from './streams.ts';
import { assetTerms } from './terms.ts';
import type { EndedTransfer, Transfer } from './transfers-view.ts';
import type { AccountsViews } from './views.ts';

type Plan = readonly Intent[] | Rejection;

/** Only who may send there learns whether there is such an account in this cell. */
const knownHere = (clientId: string, accountId: string, views: AccountsViews): void => {
  if (views.directory.accounts.get(accountId)?.clientId === clientId) return;
  refuse('ACCOUNT_UNKNOWN', 'Expected to_account_id to be an open account of that client', {
    field: 'to_account_id',
    reason: 'missing',
  });
};

const roomInFlight = ({ transfers }: AccountsViews): void => {
  if (transfers.inFlightCount < LIMITS.transfersInFlightMax) return;
  refuse('LIMIT_REACHED', `Expected at most ${LIMITS.transfersInFlightMax} transfers in flight: try later`);
};

const otherClient = (request: m.RequestClientTransferRequest, own: string): string => {
  const toClientId = idOf('client', request.toClientId, 'to_client_id');
  if (toClientId !== own) return toClientId;
  return refuse(
    'INVALID_FIELD',
    'Expected to_client_id to be another client: RequestTransfer moves inside one',
    {
      field: 'to_client_id',
      reason: 'invalid',
    },
  );
};

export const requestClientTransfer =
  (config: AccountsConfig) =>
  (request: m.RequestClientTransferRequest, views: AccountsViews, context: CommandContext): Plan =>
    checked(() => {
      const from = accountOf(request.accountId, views, context);
      const transferId = idOf('reference', request.transferId, 'transfer_id');
      const toClientId = otherClient(request, from.clientId);
      const toAccountId = idOf('account', request.toAccountId, 'to_account_id');
      const isHere = request.toCell === '' || request.toCell === config.cell;
      const toCell = isHere ? '' : cellOf(request.toCell, 'to_cell');
      const asset = assetOf(request.asset, views);
      const amount = positiveAmount(request.amount, asset.scale, asset.symbol);
      const fromLocation = locationOf(request.fromLocation, asset, views, 'from_location');
      const asked = request.toLocation === '' ? fromLocation : request.toLocation;
      const toLocation = isHere
        ? locationOf(asked, asset, views, 'to_location')
        : idOf('location', asked, 'to_location');
      const client = views.directory.clientOf(from.accountId);
      const destination = accountDestination(toClientId, toAccountId);
      const usableAtMs = client?.destinations.get(`${asset.symbol} ${destination}`)?.usableAtMs;
      if (isHere && usableAtMs !== undefined) knownHere(toClientId, toAccountId, views);
      if (!isHere) roomInFlight(views);
      const facts = {
        kyc: client?.kyc ?? 'pending',
        destinationUsableAtMs: usableAtMs,
        valueUsd: valueUsd(amount, asset, views),
        limitUsdPerDay: amountOf(config.withdrawalLimitUsdPerDay, 'withdrawalLimitUsdPerDay'),
      };
      return [
        onAccount(from.accountId, {
          ...{ type: 'RequestClientTransfer', transferId, toAccountId, toClientId, toCell, amount },
          ...{ asset: asset.symbol, fromLocation, toLocation, facts },
          requestedAtMs: context.now,
          expiresAtMs: context.now + config.holdExpiryMs,
        }),
      ];
    });

/** What keeps this cell from crediting a transfer; undefined when nothing does. */
const declined = (sent: EventData<'TransferSent'>, views: AccountsViews): Rejection | undefined => {
  const found = checked(() => {
    const { toAccountId, toClientId } = sent;
    const account = accountOf(toAccountId, views, READER, 'to_account_id');
    if (account.clientId !== toClientId) knownHere(toClientId, toAccountId, views);
    const kyc = views.directory.clientOf(toAccountId)?.kyc;
    if (kyc !== 'approved') refuse('KYC_NOT_APPROVED', `Expected a client in KYC state approved, was ${kyc}`);
    const asset = assetOf(sent.asset, views);
    positiveAmount(sent.amount, asset.scale, asset.symbol);
    locationOf(sent.toLocation, asset, views, 'to_location');
  });
  return isRejection(found) ? found : undefined;
};

const receive = (
  fromCell: string,
  sourcePosition: bigint,
  sent: EventData<'TransferSent'>,
  views: AccountsViews,
): readonly Intent[] => {
  const { transferId, accountId: fromAccountId, toAccountId, asset, amount, fromClientId } = sent;
  const facts = { fromCell, sourcePosition, transferId, fromAccountId, toAccountId, asset, amount };
  const refusal = declined(sent, views);
  if (refusal !== undefined) {
    const { code, message: reason } = refusal;
    return [onClearing(fromCell, { type: 'Decline', data: { ...facts, code, reason } })];
  }
  return [
    onClearing(fromCell, { type: 'Arrive', data: facts }),
    onAccount(toAccountId, {
      type: 'ReceiveTransfer',
      ...{ transferId, fromAccountId, fromClientId, fromCell },
      terms: assetTerms(asset, views),
      amount: amountOf(amount, 'amount'),
      location: sent.toLocation,
      clearing: clearingAccount(fromCell),
    }),
  ];
};

type Answer = Pick<EventData<'TransferDeclined'>, 'fromAccountId' | 'transferId'>;

const acknowledge = (
  toCell: string,
  sourcePosition: bigint,
  { fromAccountId: accountId, transferId }: Answer,
  outcome: EndedTransfer['outcome'],
): Intent =>
  onClearing(toCell, {
    type: 'Acknowledge',
    data: { toCell, sourcePosition, accountId, transferId, outcome },
  });

/** The entry that undoes the sending, and the end of the transfer. */
const takeBack = (
  toCell: string,
  sourcePosition: bigint,
  answer: EventData<'TransferDeclined'>,
  views: AccountsViews,
): readonly Intent[] => {
  const { fromAccountId, transferId, code, reason } = answer;
  const end = acknowledge(toCell, sourcePosition, answer, 'returned');
  const transfer = views.transfers.inFlight(fromAccountId, transferId);
  // Brought once more after it has ended: the stream of the clearing says so.
  if (transfer === undefined) return [end];
  const { toAccountId, asset, amount, fromLocation: location } = transfer.sent;
  return [
    end,
    onAccount(fromAccountId, {
      type: 'ReturnTransfer',
      ...{ transferId, toCell, toAccountId, location, code, reason },
      terms: assetTerms(asset, views),
      amount: amountOf(amount, 'amount'),
      clearing: clearingAccount(toCell),
    }),
  ];
};

/** Takes over one event of another cell's log; refused as `TAKEN_ALREADY` when that was done. */
export const takeTransfer =
  (config: AccountsConfig) =>
  (request: m.TakeTransferRequest, views: AccountsViews, context: CommandContext): Plan =>
    checked(() => {
      operatorOnly(context);
      const { sourcePosition, sent, arrived, declined: refusal } = request;
      const fromCell = cellOf(request.fromCell, 'from_cell');
      if (fromCell === config.cell) {
        refuse('INVALID_FIELD', `Expected from_cell to be another cell than ${config.cell}`, {
          field: 'from_cell',
          reason: 'invalid',
        });
      }
      const to = sent?.toCell ?? arrived?.fromCell ?? refusal?.fromCell;
      if (to !== config.cell) {
        refuse('INVALID_FIELD', `Expected an event about a transfer to or from cell ${config.cell}`, {
          field: 'sent',
          reason: 'invalid',
        });
      }
      if (sent !== undefined) return receive(fromCell, sourcePosition, sent, views);
      if (arrived !== undefined) return [acknowledge(fromCell, sourcePosition, arrived, 'delivered')];
      return refusal === undefined ? [] : takeBack(fromCell, sourcePosition, refusal, views);
    });

const STATES = ['', 'in-flight', 'delivered', 'returned'] as const;

const transferInfo = (transfer: Transfer | EndedTransfer): m.TransferInfo => {
  const { sent, position, sentAtMs } = transfer;
  const { accountId, transferId, toCell, toClientId, toAccountId, asset, amount } = sent;
  const end =
    'outcome' in transfer
      ? {
          ...{ state: transfer.outcome, endedAtMs: transfer.endedAtMs },
          ...{ code: transfer.code, reason: transfer.reason },
        }
      : { state: 'in-flight', endedAtMs: 0, code: '', reason: '' };
  const facts = { accountId, transferId, toCell, toClientId, toAccountId, asset, amount, position };
  return { ...facts, sentAtMs, ...end };
};

/** In the order of the log: positions of 19 digits at the most. */
const orderOf = ({ position }: Pick<Transfer, 'position'>): string => String(position).padStart(19, '0');

export const listTransfers = (
  request: m.ListTransfersRequest,
  views: AccountsViews,
): m.ListTransfersResponse | Rejection =>
  checked(() => {
    const { accountId, pageToken } = request;
    if (accountId !== '') accountOf(accountId, views, READER);
    const state = oneOf(STATES, request.state, 'state');
    const size = pageSizeOf(request.pageSize);
    const rows = [...views.transfers.all(accountId)].map(transferInfo);
    const wanted = rows.filter((row) => state === '' || row.state === state).sort(byKey(orderOf));
    const { items, nextPageToken } = page(wanted, orderOf, pageToken, size);
    return { transfers: [...items], nextPageToken, total: wanted.length };
  });
