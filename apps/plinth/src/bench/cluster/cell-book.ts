import { clientAccount, EXTERNAL } from '@plinth/market';
import { floatToText } from '@plinth/money';
import type { FeedInstrument } from '@plinth/simulation';
import { made, type Given } from '../broker-log.ts';

/** Of 8 derivatives at two venues each. */
export const POSITIONS = 16;
const VENUES = ['alpha', 'bravo'] as const;
const VAULT = 'vault:bank';
/** Of one position when it is opened. */
const NOTIONAL_USD = 200;
/** Equity of an account that no crash of the scenario brings down, as a share of its gross notional. */
const SAFE_SHARE = 6;
/** Of those that cross one after another while prices fall. */
const FIRST_SHARE = 0.35;
const LAST_SHARE = 0.95;

/** A derivative of the market with its price now. */
export type PricedInstrument = Readonly<{ instrument: FeedInstrument; price: number }>;

const lotsOf = ({ instrument: { lot }, price }: PricedInstrument): string => {
  const digits = lot.includes('.') ? lot.length - lot.indexOf('.') - 1 : 0;
  return floatToText(NOTIONAL_USD / price, digits, 'up');
};

/** A client with one account and its money. */
function* opened(accountId: string, amountUsd: number): Generator<Given> {
  const amount = floatToText(amountUsd, 2);
  const postings = [
    { account: EXTERNAL, asset: 'USD', amount: `-${amount}` },
    { account: clientAccount(accountId, '', 'USD', VAULT), asset: 'USD', amount },
  ];
  const clientId = `c${accountId}`;
  yield made(`client-${clientId}`, 'ClientOpened', { clientId, name: clientId, jurisdiction: 'CH' });
  yield made(`account-${accountId}`, 'AccountOpened', { accountId, clientId, name: accountId });
  const deposit = { accountId, depositId: 'first', asset: 'USD', amount, location: VAULT, postings };
  yield made(`account-${accountId}`, 'DepositCredited', deposit);
}

/** A buy that opens a position, or the sell that closes it again; fees are left out. */
const fill = (accountId: string, n: number, venueId: string, at: PricedInstrument, isBuy: boolean): Given => {
  const [quantity, price] = [lotsOf(at), floatToText(at.price)];
  const position = isBuy
    ? { positionQuantity: quantity, entryPrice: price, entryCost: floatToText(Number(quantity) * at.price) }
    : { positionQuantity: '0', entryPrice: '', entryCost: '0' };
  return made(`account-${accountId}`, 'FillBooked', {
    ...{
      accountId,
      orderId: `${accountId}.${n}`,
      childId: `${accountId}.${n}.1`,
      fillId: `${accountId}.${n}`,
    },
    ...{ venueId, instrumentId: at.instrument.instrumentId, side: isBuy ? 'buy' : 'sell', quantity, price },
    ...{ fee: '0', feeAsset: 'USD', realisedProfit: '0', postings: [], ...position },
  });
};

/**
 * Accounts with a position in every derivative at two venues. The first `graded` of them have so little
 * equity that a crash takes one after another below its maintenance margin; nothing happens to the others.
 */
export function* bookOf(
  accounts: number,
  graded: number,
  market: readonly PricedInstrument[],
): Generator<Given> {
  const gross = NOTIONAL_USD * VENUES.length * market.length;
  for (let n = 0; n < accounts; n += 1) {
    const share = n < graded ? FIRST_SHARE + ((LAST_SHARE - FIRST_SHARE) * n) / graded : SAFE_SHARE;
    yield* opened(`a${n}`, gross * share);
    for (const [i, venueId] of VENUES.entries())
      for (const [k, at] of market.entries()) yield fill(`a${n}`, i * market.length + k, venueId, at, true);
  }
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
    yield fill(`r${run}x${n % ACCOUNTS}`, turn, 'alpha', at, turn % 2 === 0);
    n += 1;
  }
}
