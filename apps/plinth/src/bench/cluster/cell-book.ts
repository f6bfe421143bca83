import { clientAccount, EXTERNAL } from '@plinth/market';
import type { EventData } from '@plinth/messages';
import { floatToText } from '@plinth/money';
import type { FeedInstrument } from '@plinth/simulation';
import { made, type Given } from '../broker-log.ts';

/** Of 8 derivatives at two venues each. */
export const POSITIONS = 16;
const VENUES = ['alpha', 'bravo'] as const;
const VAULT = 'vault:bank';
/** Of one position when it is opened. */
const NOTIONAL_USD = 200;
/** Equity of an account that no fall of the scenario brings down, as a share of its gross notional. */
const SAFE_SHARE = 6;

/** A derivative of the market with its price now. */
export type PricedInstrument = Readonly<{ instrument: FeedInstrument; price: number }>;

const lotsOf = ({ instrument: { lot }, price }: PricedInstrument): string => {
  const digits = lot.includes('.') ? lot.length - lot.indexOf('.') - 1 : 0;
  return floatToText(NOTIONAL_USD / price, digits, 'up');
};

type Postings = EventData<'FillBooked'>['postings'];

/** Moves USD between an account and the world. */
const moved = (accountId: string, amountUsd: number): Postings => [
  { account: EXTERNAL, asset: 'USD', amount: floatToText(-amountUsd, 2) },
  { account: clientAccount(accountId, '', 'USD', VAULT), asset: 'USD', amount: floatToText(amountUsd, 2) },
];

/** A client with one account and its money. */
function* opened(accountId: string, amountUsd: number): Generator<Given> {
  const clientId = `c${accountId}`;
  yield made(`client-${clientId}`, 'ClientOpened', { clientId, name: clientId, jurisdiction: 'CH' });
  yield made(`account-${accountId}`, 'AccountOpened', { accountId, clientId, name: accountId });
  yield made(`account-${accountId}`, 'DepositCredited', {
    ...{ accountId, depositId: 'first', asset: 'USD', amount: floatToText(amountUsd, 2), location: VAULT },
    postings: moved(accountId, amountUsd),
  });
}

type Fill = Readonly<{
  n: number;
  venueId: string;
  at: PricedInstrument;
  isBuy: boolean;
  postings?: Postings;
}>;

/** As accounts books it: a cost is in whole units of USD. */
const USD_DIGITS = 6;

/** A buy that opens a position, or the sell that closes it again; fees are left out. */
const fill = (accountId: string, { n, venueId, at, isBuy, postings = [] }: Fill): Given => {
  const [quantity, price] = [lotsOf(at), floatToText(at.price)];
  const position = isBuy
    ? {
        positionQuantity: quantity,
        entryPrice: price,
        entryCost: floatToText(Number(quantity) * at.price, USD_DIGITS, 'up'),
      }
    : { positionQuantity: '0', entryPrice: '', entryCost: '0' };
  return made(`account-${accountId}`, 'FillBooked', {
    ...{
      accountId,
      orderId: `${accountId}.${n}`,
      childId: `${accountId}.${n}.1`,
      fillId: `${accountId}.${n}`,
    },
    ...{ venueId, instrumentId: at.instrument.instrumentId, side: isBuy ? 'buy' : 'sell', quantity, price },
    ...{ fee: '0', feeAsset: 'USD', realisedProfit: '0', postings, ...position },
  });
};

const grossOf = (market: readonly PricedInstrument[]): number => NOTIONAL_USD * VENUES.length * market.length;

/**
 * An account with a position in every derivative at two venues. What it has beyond `equityUsd` leaves with
 * the last fill: half a book needs more margin than the whole one.
 */
function* accountOf(
  accountId: string,
  equityUsd: number,
  market: readonly PricedInstrument[],
): Generator<Given> {
  const safeUsd = grossOf(market) * SAFE_SHARE;
  const fills = VENUES.flatMap((venueId) => market.map((at) => ({ venueId, at, isBuy: true })));
  yield* opened(accountId, safeUsd);
  for (const [n, one] of fills.entries()) {
    const isLast = n === fills.length - 1 && equityUsd < safeUsd;
    const leaving = isLast ? { postings: moved(accountId, equityUsd - safeUsd) } : {};
    yield fill(accountId, { n, ...one, ...leaving });
  }
}

/** Accounts to which nothing happens whatever prices do. */
export function* safeBook(accounts: number, market: readonly PricedInstrument[]): Generator<Given> {
  for (let n = 0; n < accounts; n += 1) yield* accountOf(`a${n}`, grossOf(market) * SAFE_SHARE, market);
}

/** One account of the same positions with so much equity. */
export const probeBook = (
  accountId: string,
  equityUsd: number,
  market: readonly PricedInstrument[],
): Iterable<Given> => accountOf(accountId, equityUsd, market);

/**
 * Accounts of the same positions that a fall of all prices takes below their maintenance margin one after
 * another: the first one at once, the last one when prices have fallen by `fall`, a share of them.
 */
export function* gradedBook(
  graded: number,
  leastUsd: number,
  fall: number,
  market: readonly PricedInstrument[],
): Generator<Given> {
  const gross = grossOf(market);
  for (let n = 0; n < graded; n += 1)
    yield* accountOf(`g${graded}x${n}`, leastUsd + (gross * fall * (n + 1)) / graded, market);
}

/** Marks of a round, given the last one of the log. */
export type MarksOf = (round: number) => Given;

const ACCOUNTS = 1_000;
/** At 1,000 events a second marks come ten times a second. */
const EVENTS_PER_ROUND = 100;

/** What a busy cell writes: fills that open and close positions, and marks between them. */
export function* busyEvents(
  run: number,
  count: number,
  market: readonly PricedInstrument[],
  marksOf: MarksOf,
): Generator<Given> {
  let written = 0;
  for (let n = 0; n < ACCOUNTS && written + 3 <= count; n += 1) {
    yield* opened(`r${run}x${n}`, 1_000_000);
    written += 3;
  }
  for (let n = 0, round = 0; written < count; written += 1) {
    if (written % EVENTS_PER_ROUND === 0) {
      round += 1;
      yield marksOf(round);
      continue;
    }
    const turn = Math.floor(n / ACCOUNTS);
    const at = market[Math.floor(turn / 2) % market.length];
    if (at === undefined) throw new Error('Expected a market with derivatives');
    yield fill(`r${run}x${n % ACCOUNTS}`, { n: turn, venueId: 'alpha', at, isBuy: turn % 2 === 0 });
    n += 1;
  }
}
