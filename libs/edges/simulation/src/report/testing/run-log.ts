import { MemoryLog, type NewEvent } from '@plinth/eventing';
import { testId } from '@plinth/eventing/testing';
import { houseParameters } from '@plinth/margin';
import { clientAccount, EXTERNAL } from '@plinth/market';
import { EVENT_CATALOGUE, type EventType } from '@plinth/messages';
import { formatCellParameters } from '@plinth/portfolio';

export const RUN_START_MS = 1_767_225_600_000;
const MINUTE_MS = 60_000;

/** An event of which only the fields that matter are given. */
const made = <T extends EventType>(type: T, data: Readonly<Record<string, unknown>>): NewEvent =>
  ({ type, data: EVENT_CATALOGUE[type].codec.fromJSON(data) }) as unknown as NewEvent;

/**
 * A log that a small run could have left: two venues, one hedged and one long account, a crash, one
 * liquidation.
 */
export class RunLog {
  readonly log = new MemoryLog();
  readonly #versions = new Map<string, number>();
  #round = 0;
  #count = 0;
  at = RUN_START_MS;

  async give(stream: string, ...events: readonly NewEvent[]): Promise<void> {
    const expectedVersion = this.#versions.get(stream) ?? 0;
    this.#versions.set(stream, expectedVersion + events.length);
    this.#count += 1;
    await this.log.append({
      appends: [{ stream, expectedVersion, events: events.map((event) => ({ ...event, id: testId() })) }],
      cause: { actor: 'operator:test', correlationId: `c${this.#count}`, causationId: `c${this.#count}` },
      occurredAt: this.at,
    });
  }

  async open(): Promise<void> {
    for (const [asset, kind] of [
      ['USD', 'fiat'],
      ['BTC', 'coin'],
    ] as const) {
      await this.give(`asset-${asset}`, made('AssetListed', { asset, scale: 6, kind, chains: [] }));
    }
    for (const [instrumentId, kind] of [
      ['BTC/USD', 'spot'],
      ['BTC-PERP', 'perpetual'],
    ] as const) {
      const terms = { underlying: 'BTC', quoteAsset: 'USD', contractSize: '1' };
      await this.give(
        `instrument-${instrumentId}`,
        made('InstrumentListed', { instrumentId, kind, ...terms, priceRule: undefined }),
      );
    }
    for (const venueId of ['alpha', 'bravo']) await this.give(`venue-${venueId}`, venue(venueId));
    const parametersJson = formatCellParameters({ margin: houseParameters, call: { graceMs: MINUTE_MS } });
    await this.give('parameters-main', made('RiskParametersSet', { version: 1, parametersJson }));
  }

  async account(accountId: string, usd: string): Promise<void> {
    const location = 'venue:alpha';
    const postings = [
      { account: EXTERNAL, asset: 'USD', amount: `-${usd}` },
      { account: clientAccount(accountId, '', 'USD', location), asset: 'USD', amount: usd },
    ];
    await this.give(
      `account-${accountId}`,
      made('AccountOpened', { accountId, clientId: 'c', name: accountId }),
      made('DepositCredited', { accountId, depositId: 'd', asset: 'USD', amount: usd, location, postings }),
    );
  }

  async marks(price: string): Promise<void> {
    this.at += MINUTE_MS;
    this.#round += 1;
    const mark = { price, confidence: '0', twap: price, volatility: 0.6, state: 'live', sources: 3 };
    const marks = ['BTC/USD', 'BTC-PERP'].map((instrumentId) => ({ ...mark, instrumentId }));
    await this.give(
      'marks-main',
      made('MarksPublished', { round: this.#round, atMs: this.at, marks, quotes: [] }),
    );
  }

  /** An order of a perpetual, filled and booked: `after` is the position then. */
  async trade(
    accountId: string,
    venueId: string,
    side: 'buy' | 'sell',
    quantity: string,
    price: string,
    after: string,
  ): Promise<void> {
    this.#count += 1;
    const orderId = `o${this.#count}`;
    const child = { orderId, accountId, childId: `${orderId}.1`, venueId, instrumentId: 'BTC-PERP' };
    const fill = { ...child, fillId: `f${this.#count}`, side, quantity, price, fee: '1', feeAsset: 'USD' };
    const order = { orderId, accountId, instrumentId: 'BTC-PERP', side, quantity, quoteAsset: 'USD' };
    await this.give(
      `order-${orderId}`,
      made('OrderPlaced', { ...order, contractSize: '1', arrivalPrice: '60000' }),
    );
    await this.give(`margin-${accountId}`, made('OrderApproved', { accountId, orderId, riskReducing: true }));
    await this.give(`order-${orderId}`, made('ChildFilled', fill));
    const postings = [
      { account: clientAccount(accountId, '', 'USD', 'venue:alpha'), asset: 'USD', amount: '-1' },
      { account: 'venue:alpha:settlement', asset: 'USD', amount: '1' },
    ];
    await this.give(
      `account-${accountId}`,
      made('FillBooked', {
        ...fill,
        realisedProfit: '0',
        positionQuantity: after,
        entryPrice: after === '0' ? '' : price,
        postings,
      }),
    );
    const closed = { orderId, accountId, outcome: 'filled', filledQuantity: quantity, averagePrice: price };
    const costs = {
      arrivalPrice: '60000',
      implementationShortfall: '7',
      fees: '1',
      bestSingleVenueCost: '13',
    };
    await this.give(`order-${orderId}`, made('OrderClosed', { ...closed, ...costs }));
  }

  async liquidate(accountId: string, reason: string): Promise<void> {
    const liquidationId = `l-${accountId}`;
    const figures = { equity: '900', maintenanceMargin: '1000', initialMargin: '1300' };
    const change = { accountId, fromState: 'healthy', toState: 'liquidation', figures };
    await this.give(
      `margin-${accountId}`,
      made('MarginStateChanged', change),
      made('LiquidationRequested', { accountId, liquidationId, cause: 'gap', figures }),
    );
    const start = { liquidationId, accountId, cause: 'gap', equity: '900', maintenanceMargin: '1000' };
    await this.give(`liquidation-${liquidationId}`, made('LiquidationStarted', start));
    this.at += MINUTE_MS;
    const end = {
      liquidationId,
      accountId,
      outcome: 'restored',
      steps: 2,
      equityStart: '900',
      maintenanceStart: '1000',
    };
    const costs = {
      equityEnd: '850',
      maintenanceEnd: '400',
      reducedNotional: '30000.5',
      slippage: '20',
      fees: '5',
    };
    const rest = { fundPaid: '0', badDebt: '0', liquidationFee: '2', reason };
    await this.give(
      `liquidation-${liquidationId}`,
      made('LiquidationCompleted', { ...end, ...costs, ...rest }),
    );
    const back = { accountId, fromState: 'liquidation', toState: 'healthy', figures };
    await this.give(`margin-${accountId}`, made('MarginStateChanged', back));
  }

  /** Without an approval when nobody placed the order: a breach. */
  async route(orderId: string): Promise<void> {
    await this.give(`order-${orderId}`, made('OrderRouted', { orderId, accountId: 'long-1', children: [] }));
  }

  async refuse(accountId: string, orderId: string, message: string): Promise<void> {
    await this.give(
      `margin-${accountId}`,
      made('OrderRefused', { accountId, orderId, code: 'MARGIN_INSUFFICIENT', message }),
    );
  }
}

const venue = (venueId: string): NewEvent =>
  made('VenueRegistered', {
    ...{ venueId, kind: 'cex', takerFeePpm: 500, creditLimit: '5000000', defaultProbabilityPpm: 1_000 },
    ...{ lossGivenDefaultPpm: 600_000, requirementPpm: 50_000, transferablePpm: 900_000 },
    listings: ['BTC-PERP', 'BTC/USD'].map((instrumentId) => ({
      ...{ instrumentId, lot: '0.001', tick: '0.01', minQuantity: '0.001' },
    })),
  });

export const ACCOUNTS = [
  { accountId: 'hedged-1', style: 'hedged' },
  { accountId: 'long-1', style: 'leveraged' },
] as const;

/** The whole of it, told from the beginning. */
export const smallRun = async (): Promise<RunLog> => {
  const run = new RunLog();
  await run.open();
  for (const { accountId } of ACCOUNTS) await run.account(accountId, '50000');
  await run.marks('60000');
  await run.trade('hedged-1', 'alpha', 'buy', '2', '60000', '2');
  await run.trade('hedged-1', 'bravo', 'sell', '2', '60000', '-2');
  await run.trade('long-1', 'alpha', 'buy', '1', '60000', '1');
  await run.marks('59000');
  await run.marks('48000');
  await run.refuse('long-1', 'o9', 'Expected equity of at least the initial margin');
  await run.liquidate('long-1', 'half was enough <b>&</b>');
  await run.marks('50000');
  return run;
};
