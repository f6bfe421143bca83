import { formatUnits, textToFloat, floatToText, unitsOf } from '@plinth/money';
import { QUANTITY_SCALE } from '@plinth/views';
import type { FeedInstrument, MarketFeed } from '../market/market-feed.ts';
import { Random } from '@plinth/maths';
import type { ObserverViews } from './observer.ts';
import type { ScriptedCommand } from './opening.ts';
import { CASH_VAULT, type PlannedAccount, type PlannedOrder } from './population.ts';

const QUOTE_DISTANCE = 0.002;
const OPEN_QUOTES_MAX = 4;

/**
 * What simulated clients do at each tick: open their books, quote, trade, answer margin calls, withdraw. They
 * see their own accounts as the log shows them, and decide by a generator of their own, so that a step can be
 * taken up again.
 */
export class ClientBehaviour {
  readonly #feed: MarketFeed;
  readonly #accounts: readonly PlannedAccount[];
  readonly #seed: number;
  readonly #views: ObserverViews;
  readonly #due = new Map<number, (readonly [PlannedAccount, number])[]>();

  constructor(feed: MarketFeed, accounts: readonly PlannedAccount[], seed: number, views: ObserverViews) {
    this.#feed = feed;
    this.#accounts = accounts;
    this.#seed = seed;
    this.#views = views;
    for (const account of accounts) {
      account.orders.forEach(({ tick }, n) => {
        const due = this.#due.get(tick) ?? [];
        due.push([account, n]);
        this.#due.set(tick, due);
      });
    }
  }

  commandsAt(tick: number): readonly ScriptedCommand[] {
    const opened = (this.#due.get(tick) ?? []).map(([account, n]) => this.#openingOrder(account, n));
    const reactions = this.#accounts.flatMap((account) => this.#act(account, tick));
    return [...opened, ...reactions];
  }

  #openingOrder(account: PlannedAccount, n: number): ScriptedCommand {
    const { instrumentId, side, quantity, venues, productId } = account.orders[n] as PlannedOrder;
    if (productId !== undefined) return bundle(account, `open-${n}`, productId, side, quantity);
    return place(account, `open-${n}`, { instrumentId, side, quantity, venues });
  }

  #act(account: PlannedAccount, tick: number): readonly ScriptedCommand[] {
    const random = Random.of('act', this.#seed, account.accountId, tick);
    const state = this.#views.story.states.get(account.accountId);
    const call = this.#views.story.calls.get(account.accountId);
    if (call !== undefined) return this.#answerCall(account, tick, call.amount, random);
    if (state !== 'healthy' || tick >= this.#feed.ticks - 3 || !random.chance(account.activity)) return [];
    if (account.style === 'maker') return this.#quote(account, tick, random);
    if (account.style === 'lender') return lend(account, random);
    return random.chance(0.25) ? this.#moveMoney(account, tick, random) : this.#trade(account, tick, random);
  }

  /** Wires money, or cuts the largest position by a third; some do neither. */
  #answerCall(
    account: PlannedAccount,
    tick: number,
    amount: string,
    random: Random,
  ): readonly ScriptedCommand[] {
    // An answer takes time: about every third tick somebody looks at the call.
    if (!random.chance(0.35)) return [];
    const asks = Random.of('call', this.#seed, account.accountId).chance(account.topUp);
    if (asks) {
      const usd = floatToText(textToFloat(amount) * 1.2 + 100, 2, 'up');
      const deposit = { accountId: account.accountId, subAccountId: '', depositId: `call-${tick}` };
      const request = { ...deposit, asset: 'USD', amount: usd, location: CASH_VAULT };
      return [{ name: 'CreditDeposit', request, tenant: 'operator' }];
    }
    return random.chance(0.4) ? this.#cut(account, tick) : [];
  }

  #cut(account: PlannedAccount, tick: number): readonly ScriptedCommand[] {
    const positions = [...this.#views.positions.of(account.accountId).values()];
    const largest = positions.sort(
      (a, b) => this.#value(b.instrumentId, b.units) - this.#value(a.instrumentId, a.units),
    )[0];
    const instrument = this.#instrument(largest?.instrumentId ?? '');
    if (largest === undefined || instrument === undefined) return [];
    const size = largest.units < 0n ? -largest.units : largest.units;
    const quantity = wholeLots(formatUnits(size / 3n, QUANTITY_SCALE), instrument);
    if (textToFloat(quantity) === 0) return [];
    const side = largest.units > 0n ? 'sell' : 'buy';
    const order = {
      instrumentId: largest.instrumentId,
      side,
      quantity,
      venues: [largest.venueId],
      reduceOnly: true,
    } as const;
    return [place(account, `cut-${tick}`, order)];
  }

  #value(instrumentId: string, units: bigint): number {
    const mark = this.#views.marks.figures(instrumentId)?.price ?? 0;
    return Math.abs(textToFloat(formatUnits(units, QUANTITY_SCALE)) * mark);
  }

  #trade(account: PlannedAccount, tick: number, random: Random): readonly ScriptedCommand[] {
    const instrument = random.pick(this.#tradable(tick));
    const mark = this.#views.marks.figures(instrument.instrumentId);
    if (mark === undefined) return [];
    const quantity = wholeLots(floatToText(random.between(500, 15_000) / mark.price, 8, 'down'), instrument);
    if (textToFloat(quantity) === 0) return [];
    const side = random.chance(0.5) ? 'buy' : 'sell';
    return [
      place(account, `trade-${tick}`, { instrumentId: instrument.instrumentId, side, quantity, venues: [] }),
    ];
  }

  /** Rests a bid and an ask around the mark; takes old quotes back first. */
  #quote(account: PlannedAccount, tick: number, random: Random): readonly ScriptedCommand[] {
    const open = this.#views.orders.of(account.accountId);
    if (open.length >= OPEN_QUOTES_MAX) {
      return open.slice(0, 2).map(({ placed }) => ({
        name: 'CancelOrder',
        request: { orderId: placed.orderId, accountId: account.accountId, reason: 'requote' },
        tenant: account.clientId,
      }));
    }
    const instrument = random.pick(this.#tradable(tick));
    const mark = this.#views.marks.figures(instrument.instrumentId);
    if (mark === undefined) return [];
    const quantity = wholeLots(
      floatToText(random.between(2_000, 10_000) / mark.price, 8, 'down'),
      instrument,
    );
    if (textToFloat(quantity) === 0) return [];
    const digits = digitsOf(instrument.tick);
    return (['buy', 'sell'] as const).map((side) => {
      const price = mark.price * (side === 'buy' ? 1 - QUOTE_DISTANCE : 1 + QUOTE_DISTANCE);
      const limitPrice = floatToText(price, digits, side === 'buy' ? 'down' : 'up');
      const order = { instrumentId: instrument.instrumentId, side, quantity, venues: [], limitPrice };
      return place(account, `quote-${tick}-${side}`, order);
    });
  }

  /** A small withdrawal, or a transfer to the client's other account. */
  #moveMoney(account: PlannedAccount, tick: number, random: Random): readonly ScriptedCommand[] {
    const scale = this.#views.reference.assets.get('USD')?.scale ?? 0;
    const vault = [...this.#views.ledger.balancesOf(account.accountId).values()].find(
      ({ asset, location }) => asset === 'USD' && location.startsWith('vault:'),
    );
    if (vault === undefined || vault.units <= unitsOf('100', scale, 'amount')) return [];
    const amount = formatUnits((vault.units * BigInt(1 + random.below(10))) / 100n, scale);
    const { accountId, clientId } = account;
    const other = this.#accounts.find((one) => one.clientId === clientId && one.accountId !== accountId);
    if (other !== undefined && random.chance(0.5)) {
      const transfer = {
        accountId,
        transferId: `t-${tick}`,
        toAccountId: other.accountId,
        asset: 'USD',
        amount,
      };
      const request = { ...transfer, fromLocation: vault.location, toLocation: vault.location };
      return [{ name: 'RequestTransfer', request, tenant: clientId }];
    }
    const withdrawal = { accountId, subAccountId: '', withdrawalId: `w-${tick}`, asset: 'USD', amount };
    const request = { ...withdrawal, location: vault.location, destination: 'bank-main' };
    return [{ name: 'RequestWithdrawal', request, tenant: clientId }];
  }

  /** What is traded now and then: nothing that has expired, and options only by plan. */
  #tradable(tick: number): readonly FeedInstrument[] {
    const at = this.#feed.timeOf(tick);
    return this.#feed.instruments.filter(
      ({ underlying, kind, expiresAtMs }) =>
        kind !== 'option' &&
        (expiresAtMs === 0 || at < expiresAtMs) &&
        this.#feed.assets.some((asset) => asset.symbol === underlying && asset.kind === 'coin'),
    );
  }

  #instrument(instrumentId: string): FeedInstrument | undefined {
    return this.#feed.instruments.find((instrument) => instrument.instrumentId === instrumentId);
  }
}

type Order = Readonly<{
  instrumentId: string;
  side: 'buy' | 'sell';
  quantity: string;
  venues: readonly string[];
  limitPrice?: string;
  reduceOnly?: boolean;
}>;

const place = ({ accountId, clientId }: PlannedAccount, name: string, order: Order): ScriptedCommand => ({
  name: 'PlaceOrder',
  request: {
    orderId: `${accountId}-${name}`,
    accountId,
    subAccountId: '',
    instrumentId: order.instrumentId,
    side: order.side,
    quantity: order.quantity,
    orderType: order.limitPrice === undefined ? 'market' : 'limit',
    limitPrice: order.limitPrice ?? '',
    timeInForce: order.limitPrice === undefined ? 'ioc' : 'gtc',
    venues: order.venues,
    reduceOnly: order.reduceOnly ?? false,
  },
  tenant: clientId,
});

const bundle = (
  { accountId, clientId }: PlannedAccount,
  name: string,
  productId: string,
  side: 'buy' | 'sell',
  quantity: string,
): ScriptedCommand => ({
  name: 'PlaceProductOrder',
  request: {
    orderId: `${accountId}-${name}`,
    ...{ accountId, subAccountId: '', productId, side, quantity, orderType: 'market', limitPrice: '' },
  },
  tenant: clientId,
});

const lend = ({ accountId, clientId }: PlannedAccount, random: Random): readonly ScriptedCommand[] => {
  const amount = String(1_000 * (1 + random.below(50)));
  const name = random.chance(0.8) ? 'SupplyToPool' : 'RedeemFromPool';
  return [{ name, request: { accountId, asset: 'USD', amount, location: CASH_VAULT }, tenant: clientId }];
};

const digitsOf = (step: string): number => (step.includes('.') ? step.length - step.indexOf('.') - 1 : 0);

/** Lots of simulated instruments are powers of ten: whole lots are a matter of digits. */
const wholeLots = (quantity: string, { lot }: FeedInstrument): string =>
  floatToText(textToFloat(quantity), digitsOf(lot), 'down');
