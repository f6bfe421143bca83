import type { Envelope, NewEvent } from '@plinth/eventing';
import { serviceSpec, type ServiceSpec } from '@plinth/eventing/testing';
import { clientAccount, EXTERNAL, holdAccount } from '@plinth/market';
import { EVENT_CATALOGUE, type EventData, type EventType } from '@plinth/messages';
import { formatCellParameters, type CellParameters } from '@plinth/portfolio';
import { RiskService } from '../application/risk-service.ts';
import type { RiskViews } from '../application/risk-views.ts';
import { defaultParameters } from '../domain/default-parameters.ts';

export const GRACE_MS = 60_000;
const HOUR_MS = 3_600_000;

const ASSETS = [
  { symbol: 'USD', kind: 'fiat', scale: 6 },
  { symbol: 'USDC', kind: 'stablecoin', scale: 6 },
  { symbol: 'BTC', kind: 'coin', scale: 8 },
  { symbol: 'ETH', kind: 'coin', scale: 8 },
] as const;

type MarkChange = Readonly<{
  price: string;
  confidence?: string;
  twap?: string;
  state?: string;
  guarded?: boolean;
}>;

/**
 * An event of which only the fields that matter are given; the codec makes the others what they are when
 * unset.
 */
export const made = <T extends EventType>(type: T, data: Readonly<Record<string, unknown>>): NewEvent =>
  ({ type, data: EVENT_CATALOGUE[type].codec.fromJSON(data) }) as unknown as NewEvent;

/**
 * The defaults with shocks, weights and basis of round numbers: figures worked out by hand in specifications
 * do not move when the house is calibrated again.
 */
const byHand = ({ margin, ...rest }: CellParameters): CellParameters => ({
  ...rest,
  margin: {
    ...margin,
    blend: { all: 0.5, group: 0, own: 0.5 },
    underlyings: margin.underlyings.map((entry) => ({
      ...entry,
      volMultiplier: 4.5,
      basisRate: entry.group === 'stables' ? 0.002 : 0.01,
    })),
  },
});

/** A small cell: two venues, spot and perpetuals on BTC and ETH, marks, default parameters by hand. */
export class RiskWorld {
  readonly spec: ServiceSpec<RiskViews>;
  readonly parameters: CellParameters;
  at = HOUR_MS;
  #round = 0;
  #count = 0;

  constructor(change: (parameters: CellParameters) => CellParameters = (same) => same) {
    this.spec = serviceSpec(RiskService({ cell: 'main' }));
    this.parameters = change(byHand(defaultParameters(ASSETS, { graceMs: GRACE_MS })));
    for (const { symbol, kind, scale } of ASSETS)
      this.given(`asset-${symbol}`, made('AssetListed', { asset: symbol, scale, kind, chains: ['eth'] }));
    for (const base of ['BTC', 'ETH']) {
      this.given(`instrument-${base}-PERP`, instrumentListed(`${base}-PERP`, 'perpetual', base, 'USD'));
      this.given(`instrument-${base}/USD`, instrumentListed(`${base}/USD`, 'spot', base, 'USD'));
    }
    this.given('instrument-BTC/USDC', instrumentListed('BTC/USDC', 'spot', 'BTC', 'USDC'));
    for (const venueId of ['alpha', 'beta']) this.given(`venue-${venueId}`, venueRegistered(venueId));
    this.given(
      'house-main',
      made('HouseFunded', {
        fundingId: 'treasury',
        purpose: 'pool',
        asset: 'USD',
        amount: '1000000',
        postings: [
          { account: EXTERNAL, asset: 'USD', amount: '-1000000' },
          { account: 'pool:USD:cash', asset: 'USD', amount: '1000000' },
        ],
      }),
    );
    this.given(
      'parameters-main',
      made('RiskParametersSet', { version: 1, parametersJson: formatCellParameters(this.parameters) }),
    );
    this.marks({
      'BTC/USD': '60000',
      'ETH/USD': '3000',
      'USDC/USD': '1',
      'BTC-PERP': '60000',
      'ETH-PERP': '3000',
    });
  }

  given(stream: string, ...events: readonly NewEvent[]): readonly Envelope[] {
    return this.spec.given(stream, this.at, ...events);
  }

  /** One round of marks: prices by instrument, everything else of them as usual unless said. */
  marks(prices: Readonly<Record<string, string | MarkChange>>, laterMs = 1_000): readonly Envelope[] {
    this.at += laterMs;
    this.#round += 1;
    const marks = Object.entries(prices).map(([instrumentId, given]) => {
      const change = typeof given === 'string' ? { price: given } : given;
      const usual = { confidence: '0', twap: change.price, state: 'live', guarded: false };
      return { ...usual, volatility: 0.6, sources: 3, instrumentId, ...change };
    });
    return this.given('marks-main', made('MarksPublished', { round: this.#round, atMs: this.at, marks }));
  }

  /** Both the index and the perpetual. */
  price(base: string, price: string | MarkChange, laterMs?: number): readonly Envelope[] {
    return this.marks({ [`${base}/USD`]: price, [`${base}-PERP`]: price }, laterMs);
  }

  open(accountId: string, usd: string, venueId = 'alpha'): readonly Envelope[] {
    const data = { accountId, clientId: 'fund', name: accountId };
    this.given(`account-${accountId}`, made('AccountOpened', data));
    return this.deposit(accountId, 'USD', usd, venueId);
  }

  deposit(accountId: string, asset: string, amount: string, venueId = 'alpha'): readonly Envelope[] {
    return this.given(`account-${accountId}`, deposited(accountId, asset, amount, venueId, this.#id('d')));
  }

  /** A fill of a perpetual that the ledger booked: `position` is what is held after it. */
  booked(accountId: string, change: Partial<EventData<'FillBooked'>>): readonly Envelope[] {
    const fillId = change.fillId ?? this.#id('f');
    return this.given(`account-${accountId}`, fillBooked({ accountId, fillId, ...change }));
  }

  /** Holds `quantity` contracts of BTC-PERP at alpha, bought at `price`. */
  hold(accountId: string, quantity: string, price = '60000'): readonly Envelope[] {
    return this.booked(accountId, { positionQuantity: quantity, entryPrice: price, quantity, price });
  }

  place(
    change: Partial<EventData<'OrderPlaced'>> & { accountId: string; orderId: string },
  ): readonly Envelope[] {
    return this.given(`order-${change.orderId}`, orderPlaced(change));
  }

  withdraw(accountId: string, withdrawalId: string, amount: string, asset = 'USD'): readonly Envelope[] {
    return this.given(
      `account-${accountId}`,
      withdrawalRequested(accountId, withdrawalId, amount, asset, this.at),
    );
  }

  #id(prefix: string): string {
    this.#count += 1;
    return `${prefix}${this.#count}`;
  }
}

export const instrumentListed = (
  instrumentId: string,
  kind: string,
  underlying: string,
  quoteAsset: string,
): NewEvent =>
  made('InstrumentListed', {
    ...{ instrumentId, kind, underlying, quoteAsset, contractSize: '1', inverse: false },
    ...{ expiresAtMs: 0, strike: '', optionType: '', priceRule: undefined },
  });

export const venueRegistered = (venueId: string): NewEvent =>
  made('VenueRegistered', {
    ...{ venueId, kind: 'cex', chain: '', makerFeePpm: 0, takerFeePpm: 500, creditLimit: '5000000' },
    ...{ defaultProbabilityPpm: 1_000, lossGivenDefaultPpm: 600_000 },
    ...{ requirementPpm: 50_000, transferablePpm: 900_000 },
    listings: ['BTC-PERP', 'ETH-PERP', 'BTC/USD', 'ETH/USD', 'BTC/USDC'].map((instrumentId) => ({
      ...{ instrumentId, lot: '0.001', tick: '0.01', minQuantity: '0.001' },
    })),
  });

const deposited = (
  accountId: string,
  asset: string,
  amount: string,
  venueId: string,
  depositId: string,
): NewEvent => {
  const location = `venue:${venueId}`;
  const postings = [
    { account: EXTERNAL, asset, amount: negative(amount) },
    { account: clientAccount(accountId, '', asset, location), asset, amount },
  ];
  return made('DepositCredited', {
    accountId,
    subAccountId: '',
    depositId,
    asset,
    amount,
    location,
    postings,
  });
};

const negative = (amount: string): string => (amount.startsWith('-') ? amount.slice(1) : `-${amount}`);

const fillBooked = (change: Partial<EventData<'FillBooked'>>): NewEvent =>
  made('FillBooked', {
    ...{ accountId: '', orderId: 'o', childId: 'c', fillId: 'f', venueId: 'alpha', instrumentId: 'BTC-PERP' },
    ...{ side: 'buy', quantity: '1', price: '60000', fee: '0', feeAsset: 'USD', realisedProfit: '0' },
    ...{ positionQuantity: '', entryPrice: '', entryCost: '', subAccountId: '', postings: [] },
    ...change,
  });

export const orderPlaced = (change: Partial<EventData<'OrderPlaced'>>): NewEvent =>
  made('OrderPlaced', {
    ...{
      orderId: 'o',
      accountId: '',
      subAccountId: '',
      instrumentId: 'BTC-PERP',
      side: 'buy',
      quantity: '1',
    },
    ...{ orderType: 'market', limitPrice: '', timeInForce: 'ioc', venues: ['alpha'], liquidationId: '' },
    ...{ arrivalPrice: '', reduceOnly: false },
    ...change,
  });

export const childFilled = (change: Partial<EventData<'ChildFilled'>>): NewEvent =>
  made('ChildFilled', {
    ...{ orderId: 'o', accountId: '', childId: 'c', venueId: 'alpha', instrumentId: 'BTC-PERP', fillId: 'f' },
    ...{
      side: 'buy',
      quantity: '1',
      price: '60000',
      fee: '0',
      feeAsset: 'USD',
      maker: false,
      liquidationId: '',
    },
    ...change,
  });

export const orderClosed = (accountId: string, orderId: string, outcome = 'filled'): NewEvent =>
  made('OrderClosed', {
    ...{ orderId, accountId, outcome, reason: '', filledQuantity: '0', averagePrice: '', arrivalPrice: '' },
    ...{ implementationShortfall: '0', fees: '0', bestSingleVenueCost: '0', liquidationId: '' },
  });

const withdrawalRequested = (
  accountId: string,
  withdrawalId: string,
  amount: string,
  asset: string,
  at: number,
): NewEvent => {
  const location = 'venue:alpha';
  const postings = [
    { account: clientAccount(accountId, '', asset, location), asset, amount: negative(amount) },
    { account: holdAccount(accountId, withdrawalId, asset), asset, amount },
  ];
  return made('WithdrawalRequested', {
    ...{ accountId, subAccountId: '', withdrawalId, asset, amount, location, destination: 'bank' },
    ...{ expiresAtMs: at + HOUR_MS, postings, valueUsd: '0', requestedAtMs: at },
  });
};

export const withdrawalEnded = (
  type: 'WithdrawalSettled' | 'WithdrawalReleased',
  accountId: string,
  withdrawalId: string,
  amount: string,
): NewEvent => {
  const asset = 'USD';
  const hold = { account: holdAccount(accountId, withdrawalId, asset), asset, amount: negative(amount) };
  if (type === 'WithdrawalSettled') {
    const postings = [hold, { account: EXTERNAL, asset, amount }];
    return made(type, { accountId, withdrawalId, asset, amount, postings });
  }
  const postings = [hold, { account: clientAccount(accountId, '', asset, 'venue:alpha'), asset, amount }];
  return made(type, { accountId, withdrawalId, asset, amount, cause: 'refused', postings });
};

export const liquidationCompleted = (accountId: string, liquidationId: string, outcome: string): NewEvent =>
  made('LiquidationCompleted', {
    ...{ liquidationId, accountId, outcome, steps: 1, equityStart: '0', maintenanceStart: '0' },
    ...{ equityEnd: '0', maintenanceEnd: '0', reducedNotional: '0', slippage: '0', fees: '0', fundPaid: '0' },
    ...{ badDebt: '0', marksRoundStart: 1, marksRoundEnd: 1 },
  });

/** Names of events, for reading what came of something. */
export const types = (events: readonly Envelope[]): readonly string[] => events.map(({ type }) => type);

export const dataOf = <T extends Envelope['type']>(events: readonly Envelope[], type: T): EventData<T> => {
  const found = events.find((event) => event.type === type);
  if (found === undefined) throw new Error(`Expected ${type}, was ${types(events).join()}`);
  return found.data as EventData<T>;
};
