import { isRejection, type Envelope, type NewEvent, type Rejection } from '@plinth/eventing';
import { serviceSpec, type ServiceSpec } from '@plinth/eventing/testing';
import { eventFromJson, type EventData, type EventType } from '@plinth/messages';
import { AccountsService } from '../application/accounts-service.ts';
import type { AccountsConfig } from '../application/config.ts';
import type { AccountsViews } from '../application/views.ts';

/** A small world for the specifications of this context: two venues, four assets, two clients. */
export type World = ServiceSpec<AccountsViews> &
  Readonly<{
    /** A command that must be accepted. */
    take(command: string, request: unknown, tenant?: string, now?: number): readonly Envelope[];
    /** A command that must be refused. */
    refused(command: string, request: unknown, tenant?: string, now?: number): Rejection;
    fill(accountId: string, fill: Partial<EventData<'ChildFilled'>>): readonly Envelope[];
    accrue(
      asset: string,
      borrowIndex: string,
      supplyIndex: string,
      settlementId: string,
    ): readonly Envelope[];
  }>;

const SPEC_CONFIG: AccountsConfig = {
  cell: 'main',
  holdExpiryMs: 1_000,
  destinationDelayMs: 100,
  withdrawalLimitUsdPerDay: '1000000',
};

/** An event of another service: what is not given is empty, so that its owner may add fields. */
export const eventOf = <T extends EventType>(type: T, given: Partial<EventData<T>>): NewEvent =>
  ({ type, data: eventFromJson(type, given) }) as NewEvent;

const instrument = (
  instrumentId: string,
  kind: string,
  underlying: string,
  quoteAsset: string,
  inverse = false,
): NewEvent =>
  eventOf('InstrumentListed', { instrumentId, kind, underlying, quoteAsset, contractSize: '1', inverse });

export const ASSETS = [
  ['USD', 6],
  ['USDC', 6],
  ['BTC', 8],
  ['ETH', 18],
] as const;

let fills = 0;

export const emptyWorld = (config: Partial<AccountsConfig> = {}): World => {
  const spec = serviceSpec(AccountsService({ ...SPEC_CONFIG, ...config }));
  const take: World['take'] = (command, request, tenant = 'operator', now = 0) => {
    const answer = spec.when(command, request, { tenant, now });
    if (isRejection(answer))
      throw new Error(`Expected ${command} to be taken, was ${answer.code}: ${answer.message}`);
    return answer;
  };
  const refused: World['refused'] = (command, request, tenant = 'operator', now = 0) => {
    const answer = spec.when(command, request, { tenant, now });
    if (isRejection(answer)) return answer;
    throw new Error(`Expected ${command} to be refused, was ${answer.length} events`);
  };
  const fill: World['fill'] = (accountId, given) => {
    fills += 1;
    const orderId = given.orderId ?? 'o1';
    const defaults = {
      ...{ orderId, accountId, childId: `${orderId}.1`, fillId: `f${fills}` },
      ...{ venueId: 'alpha', instrumentId: 'BTC-PERP' },
      ...{ side: 'buy', quantity: '1', price: '100', fee: '0', feeAsset: 'USD' },
    };
    return spec.given(`order-${orderId}`, 0, eventOf('ChildFilled', { ...defaults, ...given }));
  };
  const accrue: World['accrue'] = (asset, borrowIndex, supplyIndex, settlementId) =>
    spec.given(`pool-${asset}`, 0, eventOf('PoolAccrued', { asset, borrowIndex, supplyIndex, settlementId }));
  return { ...spec, take, refused, fill, accrue };
};

/**
 * Assets, instruments, venues and pools listed; clients `acme` (accounts a1, a2) and `zeta` (account z1),
 * approved.
 */
export const openWorld = (config: Partial<AccountsConfig> = {}): World => {
  const world = emptyWorld(config);
  for (const [asset, scale] of ASSETS) {
    const kind = asset === 'USD' ? 'fiat' : asset === 'USDC' ? 'stablecoin' : 'coin';
    world.take('ListAsset', { asset, scale, kind, chains: ['ethereum'] });
    world.given(`pool-${asset}`, 0, eventOf('PoolOpened', { asset }));
  }
  world.given('instrument-x', 0, instrument('BTC-PERP', 'perpetual', 'BTC', 'USD'));
  world.given('instrument-y', 0, instrument('BTC/USD', 'spot', 'BTC', 'USD'));
  world.given('instrument-z', 0, instrument('BTC-INV', 'perpetual', 'BTC', 'BTC', true));
  world.given('venue-alpha', 0, eventOf('VenueRegistered', { venueId: 'alpha', kind: 'cex' }));
  world.given('venue-beta', 0, eventOf('VenueRegistered', { venueId: 'beta', kind: 'cex' }));
  for (const [clientId, ...accountIds] of [
    ['acme', 'a1', 'a2'],
    ['zeta', 'z1'],
  ] as const) {
    world.take('OpenClient', { clientId, name: clientId, jurisdiction: 'CH' });
    world.take('SetKycState', { clientId, state: 'approved', reason: '' });
    for (const accountId of accountIds) world.take('OpenAccount', { accountId, clientId, name: '' });
  }
  return world;
};

let deposits = 0;

export const deposit = (
  world: World,
  accountId: string,
  amount: string,
  asset = 'USD',
  location = 'venue:alpha',
): readonly Envelope[] => {
  deposits += 1;
  return world.take('CreditDeposit', {
    accountId,
    subAccountId: '',
    depositId: `d${deposits}`,
    asset,
    amount,
    location,
  });
};

/**
 * `client:a1:USD:venue:alpha` to `12.5`, for every ledger account with a balance, or those beginning with
 * `prefix`.
 */
export const balances = (world: World, prefix = ''): Readonly<Record<string, string>> => {
  const found: Record<string, string> = {};
  for (const [key, value] of [...world.entries()].sort()) {
    const name = key.startsWith('ledger/balance:') ? key.slice('ledger/balance:'.length) : '';
    if (name.startsWith(prefix) && name !== '') found[name] = value;
  }
  return found;
};

export const types = (events: readonly Envelope[]): readonly string[] => events.map((event) => event.type);
