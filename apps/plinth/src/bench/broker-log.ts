import type { AppendRequest, NewEvent, StreamAppend } from '@plinth/eventing';
import { houseParameters } from '@plinth/margin';
import { clientAccount, EXTERNAL, HOUSE_FEES } from '@plinth/market';
import { EVENT_CATALOGUE, type EventType } from '@plinth/messages';
import { formatCellParameters } from '@plinth/portfolio';

const START_MS = 1_700_000_000_000;
const COINS = ['BTC', 'ETH', 'SOL', 'XRP'] as const;
const PRICES = { BTC: 60_000, ETH: 3_000, SOL: 150, XRP: 0.6 } as const;
const VENUES = ['alpha', 'bravo'] as const;
/** Orders between two rounds of marks. */
const ORDERS_PER_ROUND = 100;
/** Streams, and events, of one append. */
const STREAMS_PER_APPEND = 400;
const EVENTS_PER_APPEND = 1_000;

/** One event of a stream, before it has an id. */
export type Given = Readonly<{ stream: string; event: NewEvent }>;

/** An event from plain fields, through its codec. */
export const made = <T extends EventType>(
  stream: string,
  type: T,
  data: Readonly<Record<string, unknown>>,
): Given => ({
  stream,
  event: { type, data: EVENT_CATALOGUE[type].codec.fromJSON(data) } as unknown as NewEvent,
});

function* reference(): Generator<Given> {
  for (const asset of ['USD', ...COINS]) {
    const kind = asset === 'USD' ? 'fiat' : 'coin';
    yield made(`asset-${asset}`, 'AssetListed', { asset, scale: 8, kind, chains: ['ethereum'] });
  }
  for (const coin of COINS) {
    for (const [instrumentId, kind] of [
      [`${coin}/USD`, 'spot'],
      [`${coin}-PERP`, 'perpetual'],
    ] as const) {
      const terms = { underlying: coin, quoteAsset: 'USD', contractSize: '1' };
      yield made(`instrument-${instrumentId}`, 'InstrumentListed', { instrumentId, kind, ...terms });
    }
  }
  for (const venueId of VENUES) {
    const listings = COINS.flatMap((coin) =>
      [`${coin}/USD`, `${coin}-PERP`].map((instrumentId) => ({
        ...{ instrumentId, lot: '0.001', tick: '0.01', minQuantity: '0.001' },
      })),
    );
    const risk = { defaultProbabilityPpm: 1_000, lossGivenDefaultPpm: 600_000, requirementPpm: 50_000 };
    const terms = { kind: 'cex', takerFeePpm: 500, creditLimit: '5000000', transferablePpm: 900_000 };
    yield made(`venue-${venueId}`, 'VenueRegistered', { venueId, ...terms, ...risk, listings });
  }
  const parametersJson = formatCellParameters({ margin: houseParameters, call: { graceMs: 60_000 } });
  yield made('parameters-main', 'RiskParametersSet', { version: 1, parametersJson });
}

function* opening(accounts: number): Generator<Given> {
  for (let n = 0; n < accounts; n += 1) {
    const accountId = `a${n}`;
    const clientId = `c${n}`;
    const amount = '1000000';
    const location = 'venue:alpha';
    const postings = [
      { account: EXTERNAL, asset: 'USD', amount: `-${amount}` },
      { account: clientAccount(accountId, '', 'USD', location), asset: 'USD', amount },
    ];
    yield made(`client-${clientId}`, 'ClientOpened', { clientId, name: clientId, jurisdiction: 'CH' });
    yield made(`account-${accountId}`, 'AccountOpened', { accountId, clientId, name: accountId });
    const deposit = { accountId, depositId: 'd', asset: 'USD', amount, location, postings };
    yield made(`account-${accountId}`, 'DepositCredited', deposit);
  }
}

const marks = (round: number): Given => {
  const made_ = COINS.flatMap((coin) => {
    const price = (PRICES[coin] * (1 + 0.0001 * (round % 7))).toFixed(6).replace(/\.?0+$/, '');
    const mark = { price, confidence: '0.01', twap: price, volatility: 0.6, state: 'live', sources: 3 };
    return [`${coin}/USD`, `${coin}-PERP`].map((instrumentId) => ({ ...mark, instrumentId }));
  });
  return made('marks-main', 'MarksPublished', {
    round,
    atMs: START_MS + round * 100,
    marks: made_,
    quotes: [],
  });
};

/** The life of an order: placed, approved, routed, filled, booked, closed, released. */
function* order(n: number, accounts: number): Generator<Given> {
  const accountId = `a${n % accounts}`;
  const coin = COINS[n % COINS.length] ?? 'BTC';
  const venueId = VENUES[n % VENUES.length] ?? 'alpha';
  const [orderId, instrumentId] = [`o${n}`, `${coin}-PERP`];
  const turn = Math.floor(n / accounts) % 2;
  const side = turn === 0 ? 'buy' : 'sell';
  const price = String(PRICES[coin]);
  const child = { orderId, accountId, childId: `${orderId}.1`, venueId, instrumentId };
  const terms = { quantity: '0.5', orderType: 'market', timeInForce: 'ioc', quoteAsset: 'USD' };
  const placed = { ...terms, orderId, accountId, instrumentId, side, arrivalPrice: price, contractSize: '1' };
  yield made(`order-${orderId}`, 'OrderPlaced', { ...placed, worstPrice: price });
  const figuresAfter = { equity: '1000000', initialMargin: '20000', maintenanceMargin: '15000', asOf: n };
  yield made(`margin-${accountId}`, 'OrderApproved', { accountId, orderId, figuresAfter });
  const children = [
    { childId: child.childId, venueId, quantity: '0.5', limitPrice: price, timeInForce: 'ioc' },
  ];
  yield made(`order-${orderId}`, 'OrderRouted', { orderId, accountId, children, attempt: 1 });
  const fill = { ...child, fillId: `f${n}`, side, quantity: '0.5', price, fee: '1.5', feeAsset: 'USD' };
  yield made(`order-${orderId}`, 'ChildFilled', { ...fill, feeQuote: '1.5' });
  const postings = [
    { account: clientAccount(accountId, '', 'USD', 'venue:alpha'), asset: 'USD', amount: '-1.5' },
    { account: HOUSE_FEES, asset: 'USD', amount: '1.5' },
  ];
  const open =
    turn === 0 ? { positionQuantity: '0.5', entryPrice: price } : { positionQuantity: '0', entryPrice: '' };
  const booked = { ...fill, ...open, realisedProfit: '0', entryCost: '0', postings };
  yield made(`account-${accountId}`, 'FillBooked', booked);
  const closed = { filledQuantity: '0.5', averagePrice: price, arrivalPrice: price, fees: '1.5' };
  const costs = { implementationShortfall: '1.5', bestSingleVenueCost: '1.5' };
  yield made(`order-${orderId}`, 'OrderClosed', {
    orderId,
    accountId,
    outcome: 'filled',
    ...closed,
    ...costs,
  });
  yield made(`margin-${accountId}`, 'OrderReservationReleased', { accountId, orderId });
}

/** Events that a broker with so many accounts could have written, at least `count` of them. */
export function* brokerEvents(accounts: number, count: number): Generator<Given> {
  let made_ = 0;
  const counted = function* (events: Iterable<Given>): Generator<Given> {
    for (const event of events) {
      made_ += 1;
      yield event;
    }
  };
  yield* counted(reference());
  yield* counted([marks(1)]);
  yield* counted(opening(accounts));
  for (let n = 0; made_ < count; n += 1) {
    if (n % ORDERS_PER_ROUND === ORDERS_PER_ROUND - 1) yield* counted([marks(2 + n)]);
    yield* counted(order(n, accounts));
  }
}

/**
 * The events as appends, in their order, as many at a time as a log takes well. `begun`: versions of streams
 * that the log has already.
 */
export function* asAppends(
  events: Iterable<Given>,
  nextId: () => string,
  begun: ReadonlyMap<string, number> = new Map(),
): Generator<AppendRequest> {
  const versions = new Map(begun);
  let streams = new Map<string, { expectedVersion: number; events: StreamAppend['events'][number][] }>();
  let [number, waiting] = [0, 0];
  const flush = (): AppendRequest => {
    const appends = [...streams].map(([stream, given]) => ({ stream, ...given }));
    streams = new Map();
    waiting = 0;
    number += 1;
    const cause = { actor: 'service:bench', correlationId: `b${number}`, causationId: `b${number}` };
    return { appends, cause, occurredAt: START_MS + number };
  };
  for (const { stream, event } of events) {
    const version = versions.get(stream) ?? 0;
    const given = streams.get(stream) ?? { expectedVersion: version, events: [] };
    given.events.push({ ...event, id: nextId() });
    streams.set(stream, given);
    versions.set(stream, version + 1);
    waiting += 1;
    if (streams.size >= STREAMS_PER_APPEND || waiting >= EVENTS_PER_APPEND) yield flush();
  }
  if (streams.size > 0) yield flush();
}
