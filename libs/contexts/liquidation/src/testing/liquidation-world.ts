import type { Envelope, NewEvent } from '@plinth/eventing';
import { serviceSpec, type ServiceSpec } from '@plinth/eventing/testing';
import { houseParameters } from '@plinth/margin';
import {
  clientAccount,
  debtAccount,
  EXTERNAL,
  HOUSE_INVENTORY,
  poolCash,
  poolLoans,
  venueSettlement,
} from '@plinth/market';
import { type EventData, type EventType, type Leg, type Posting, type TakenOver } from '@plinth/messages';
import { decimalOf, formatDecimal, multiply, roundDecimal, subtractDecimal } from '@plinth/money';
import { formatCellParameters } from '@plinth/portfolio';
import { DEFAULT_LIQUIDATION, type LiquidationConfig } from '../application/config.ts';
import { liquidationService } from '../application/liquidation-service.ts';
import type { LiquidationViews } from '../application/views.ts';
import { exchangeOf, isUnderZero, made, minus, plus, smaller, transfer, venue } from './world-events.ts';

/** No venue trades XAU. */
const SCALES = { USD: 6, USDC: 6, BTC: 8, ETH: 8, XAU: 6 } as const;
type Asset = keyof typeof SCALES;

const money = (text: string, asset: Asset): string =>
  formatDecimal(roundDecimal(decimalOf(text), SCALES[asset], 'floor').rounded);

export type Fills = Readonly<{
  /** Share of every leg that is filled. */
  share?: number;
  /** Price of the fills over the mark, as a factor against the account: 0.01 is one per cent worse. */
  worse?: number;
}>;

type Holding = { quantity: string; entry: string };

/**
 * Liquidation alone over a log in memory, with stand-ins for the services around it: orders fill at the
 * marks (or worse) and are booked as accounts would, shortfalls are posted as accounts would.
 */
export class LiquidationWorld {
  readonly spec: ServiceSpec<LiquidationViews>;
  at = 3_600_000;
  #round = 0;
  #count = 0;
  #requests = 0;
  #posted = 0;
  readonly #marks: Record<string, string> = {};
  readonly #positions = new Map<string, Holding>();
  readonly #balances = new Map<string, string>();
  readonly #debts = new Map<string, string>();

  constructor(config: Partial<LiquidationConfig> = {}) {
    this.spec = serviceSpec(liquidationService({ cell: 'main', ...DEFAULT_LIQUIDATION, ...config }));
    for (const [asset, scale] of Object.entries(SCALES)) {
      const kind = asset === 'USD' ? 'fiat' : asset === 'USDC' ? 'stablecoin' : 'coin';
      this.given(`asset-${asset}`, made('AssetListed', { asset, scale, kind, chains: ['eth'] }));
    }
    for (const base of ['BTC', 'ETH', 'USDC']) {
      if (base !== 'USDC') this.#list(`${base}-PERP`, 'perpetual', base);
      this.#list(`${base}/USD`, 'spot', base);
    }
    for (const venueId of ['alpha', 'beta']) this.given(`venue-${venueId}`, venue(venueId));
    const parametersJson = formatCellParameters({ margin: houseParameters, call: { graceMs: 60_000 } });
    this.given('parameters-main', made('RiskParametersSet', { version: 1, parametersJson }));
    this.prices({ BTC: '60000', ETH: '3000', USDC: '1', XAU: '2000' });
  }

  get views(): LiquidationViews {
    return this.spec.views;
  }

  given(stream: string, ...events: readonly NewEvent[]): readonly Envelope[] {
    return this.spec.given(stream, this.at, ...events);
  }

  prices(
    change: Readonly<Partial<Record<'BTC' | 'ETH' | 'USDC' | 'XAU', string>>>,
    how: object = {},
  ): readonly Envelope[] {
    this.at += 1_000;
    this.#round += 1;
    for (const [base, price] of Object.entries(change)) {
      this.#marks[`${base}/USD`] = price;
      if (base !== 'USDC') this.#marks[`${base}-PERP`] = price;
    }
    const usual = { confidence: '0', state: 'live', guarded: false, volatility: 0.6, sources: 3 };
    const marks = Object.entries(this.#marks).map(([instrumentId, price]) => ({
      ...usual,
      ...{ instrumentId, price, twap: price },
      ...how,
    }));
    return this.given('marks-main', made('MarksPublished', { round: this.#round, atMs: this.at, marks }));
  }

  open(accountId: string): void {
    this.given(`account-${accountId}`, made('AccountOpened', { accountId, clientId: 'c', name: accountId }));
  }

  deposit(accountId: string, asset: Asset, amount: string): void {
    const postings = [
      { account: EXTERNAL, asset, amount: minus(amount) },
      { account: this.#ledgerAccount(accountId, asset), asset, amount },
    ];
    this.#change(accountId, asset, amount);
    this.#count += 1;
    const data = {
      accountId,
      depositId: `d${this.#count}`,
      asset,
      amount,
      location: 'venue:alpha',
      postings,
    };
    this.given(`account-${accountId}`, made('DepositCredited', data));
  }

  /** Trades outside of any liquidation, at the mark. */
  trade(accountId: string, instrumentId: string, venueId: string, quantity: string): void {
    const side = isUnderZero(quantity) ? 'sell' : 'buy';
    const size = side === 'sell' ? minus(quantity) : quantity;
    this.#book(accountId, instrumentId, venueId, side, size, this.#marks[instrumentId] ?? '0', 'o');
  }

  setVenue(venueId: string, state: string): void {
    this.given(`venue-${venueId}`, made('VenueStateSet', { venueId, state, reason: '' }));
  }

  fundInsurance(amount: string): void {
    const data = { fundingId: 'capital', purpose: 'insurance', asset: 'USD', amount };
    this.given('house-main', made('HouseFunded', { ...data, postings: [] }));
  }

  request(accountId: string, cause = 'maintenance'): readonly Envelope[] {
    const { portfolio } = this.views;
    const figures = portfolio.figures(portfolio.assess(accountId));
    this.#requests += 1;
    const data = { accountId, liquidationId: `${accountId}.l${this.#requests}`, callId: '', cause };
    return this.given(`margin-${accountId}`, made('LiquidationRequested', { ...data, figures }));
  }

  last<T extends EventType>(type: T): EventData<T> | undefined {
    return this.all(type).at(-1);
  }

  all<T extends EventType>(type: T): readonly EventData<T>[] {
    return this.spec.log().flatMap((event) => (event.type === type ? [event.data as EventData<T>] : []));
  }

  health(accountId: string): Readonly<{ equity: number; maintenanceMargin: number }> {
    return this.views.portfolio.assess(accountId);
  }

  /** Carries out the last reduction as routing, the venues and accounts would. */
  fill(fills: Fills = {}): void {
    const reduction = this.last('ReductionOrdered');
    if (reduction === undefined) throw new Error('Expected a reduction');
    const { liquidationId, accountId, step } = reduction;
    const orders = reduction.legs.map((leg, n) => ({ leg, orderId: `${liquidationId}.${step}.${n + 1}` }));
    for (const { leg, orderId } of orders) {
      const data = { orderId, accountId, ...leg, liquidationId, orderType: 'limit', timeInForce: 'ioc' };
      this.given(`order-${orderId}`, made('OrderPlaced', data));
    }
    for (const { leg, orderId } of orders) this.#fillLeg(accountId, liquidationId, orderId, leg, fills);
  }

  /** Lends out what is free, as accounts would. */
  supply(accountId: string, asset: Asset, amount: string): void {
    this.#change(accountId, asset, minus(amount));
    const postings = transfer(this.#ledgerAccount(accountId, asset), poolCash(asset), asset, amount);
    const data = {
      accountId,
      asset,
      amount,
      location: 'venue:alpha',
      supplied: amount,
      indexThen: '1',
      postings,
    };
    this.given(`account-${accountId}`, made('PoolSupplied', data));
  }

  /** The pool pays `amount` of a recalled claim back; `left` remains. */
  redeem(accountId: string, asset: Asset, amount: string, left: string): void {
    this.#change(accountId, asset, amount);
    const postings = transfer(poolCash(asset), this.#ledgerAccount(accountId, asset), asset, amount);
    const data = {
      accountId,
      asset,
      amount,
      location: 'venue:alpha',
      supplied: left,
      indexThen: '1',
      postings,
    };
    const answer = { granted: amount, liquidationId: `${accountId}.l${this.#requests}` };
    this.given(`account-${accountId}`, made('PoolRedeemed', { ...data, ...answer }));
  }

  /** Takes over balances against a debt in USD as accounts would: no more than pays it. */
  takeOver(): void {
    const { accountId, liquidationId, collateral } = this.last(
      'TakeoverOrdered',
    ) as EventData<'TakeoverOrdered'>;
    const taken: TakenOver[] = [];
    const postings: Posting[] = [];
    for (const { asset, price } of collateral) {
      const held = Number(this.#balances.get(`${accountId} ${asset}`) ?? '0');
      const debt = Number(this.#debts.get(`${accountId} USD`) ?? '0');
      if (held <= 0 || debt <= 0) continue;
      const { gone, paid } = exchangeOf(held, debt, price);
      taken.push({
        asset,
        kind: 'balance',
        amount: gone,
        price,
        debtAsset: 'USD',
        debtPrice: '1',
        credited: paid,
      });
      postings.push(
        ...transfer(this.#ledgerAccount(accountId, asset), HOUSE_INVENTORY, asset, gone),
        ...transfer(HOUSE_INVENTORY, poolCash('USD'), 'USD', paid),
        ...transfer(poolLoans('USD'), debtAccount(accountId, 'USD'), 'USD', paid),
      );
      this.#change(accountId, asset as Asset, minus(gone));
      this.#debts.set(`${accountId} USD`, plus(String(debt), minus(paid)));
    }
    const data = { accountId, liquidationId, taken, postings };
    this.given(`account-${accountId}`, made('CollateralTakenOver', data));
  }

  /** Answers every shortfall as accounts would. */
  post(): void {
    const all = this.all('ShortfallCovered');
    const due = all.slice(this.#posted);
    this.#posted = all.length;
    for (const { liquidationId, accountId, asset, amount, uncovered } of due) {
      const debt = this.#debts.get(`${accountId} ${asset}`) ?? '0';
      const paid = plus(amount, uncovered);
      this.#debts.set(`${accountId} ${asset}`, plus(debt, minus(paid)));
      for (const [type, part] of [
        ['InsurancePosted', amount],
        ['BadDebtRecorded', uncovered],
      ] as const) {
        if (part === '0') continue;
        this.given(
          `account-${accountId}`,
          made(type, { accountId, liquidationId, asset, amount: part, postings: [] }),
        );
      }
    }
  }

  #fillLeg(
    accountId: string,
    liquidationId: string,
    orderId: string,
    leg: Leg,
    { share = 1, worse = 0 }: Fills,
  ): void {
    const { instrumentId, side } = leg;
    const venueId = leg.venueId === '' ? 'alpha' : leg.venueId;
    const lots = Math.floor(Math.round(Number(leg.quantity) * 1_000) * share);
    const quantity = formatDecimal(decimalOf(String(lots)).times(decimalOf('0.001')));
    if (lots > 0) {
      const factor = decimalOf((side === 'buy' ? 1 + worse : 1 - worse).toFixed(6));
      const price = formatDecimal(multiply(decimalOf(this.#marks[instrumentId] ?? '0'), factor));
      this.#count += 1;
      const fillId = `f${this.#count}`;
      const fill = {
        orderId,
        accountId,
        childId: `${orderId}.1`,
        venueId,
        instrumentId,
        fillId,
        side,
        quantity,
        price,
      };
      const fees = { fee: '0', feeAsset: 'USD', feeQuote: '0' };
      this.given(`order-${orderId}`, made('ChildFilled', { ...fill, ...fees, maker: false, liquidationId }));
      this.#book(accountId, instrumentId, venueId, side, quantity, price, orderId, fillId);
    }
    const data = { orderId, accountId, outcome: 'filled', filledQuantity: quantity, liquidationId };
    this.given(`order-${orderId}`, made('OrderClosed', data));
  }

  #book(
    accountId: string,
    instrumentId: string,
    venueId: string,
    side: string,
    quantity: string,
    price: string,
    orderId: string,
    fillId = `t${(this.#count += 1)}`,
  ): void {
    const base = instrumentId.slice(0, 3) as Asset;
    const signed = side === 'buy' ? quantity : minus(quantity);
    const value = formatDecimal(multiply(decimalOf(signed), decimalOf(price)));
    const isSpot = instrumentId.includes('/');
    const postings: Posting[] = [];
    const move = (asset: Asset, amount: string): void => {
      if (amount === '0') return;
      this.#change(accountId, asset, amount);
      postings.push({ account: this.#ledgerAccount(accountId, asset), asset, amount });
      postings.push({ account: venueSettlement(venueId), asset, amount: minus(amount) });
    };
    let position = { positionQuantity: '', entryPrice: '' };
    if (isSpot) {
      move(base === ('USD' as Asset) ? 'USDC' : base, signed);
      move('USD', money(minus(value), 'USD'));
    } else {
      const { held, realised } = this.#derivative(accountId, instrumentId, venueId, signed, price);
      position = { positionQuantity: held.quantity, entryPrice: held.quantity === '0' ? '' : held.entry };
      move('USD', money(realised, 'USD'));
    }
    const fill = {
      accountId,
      orderId,
      childId: `${orderId}.1`,
      fillId,
      venueId,
      instrumentId,
      side,
      quantity,
      price,
    };
    this.given(
      `account-${accountId}`,
      made('FillBooked', { ...fill, fee: '0', feeAsset: 'USD', realisedProfit: '0', ...position, postings }),
    );
    for (const asset of Object.keys(SCALES) as Asset[]) this.#lend(accountId, asset);
  }

  #derivative(
    accountId: string,
    instrumentId: string,
    venueId: string,
    signed: string,
    price: string,
  ): Readonly<{ held: Holding; realised: string }> {
    const key = `${accountId} ${instrumentId} ${venueId}`;
    const before = this.#positions.get(key) ?? { quantity: '0', entry: price };
    const after = plus(before.quantity, signed);
    const isClosing = before.quantity !== '0' && isUnderZero(before.quantity) !== isUnderZero(signed);
    const move = subtractDecimal(decimalOf(price), decimalOf(before.entry));
    const realised = isClosing ? formatDecimal(multiply(decimalOf(minus(signed)), move)) : '0';
    const held = { quantity: after, entry: isClosing ? before.entry : price };
    this.#positions.set(key, held);
    return { held, realised };
  }

  /** A balance below zero becomes a loan; a balance over zero repays one. */
  #lend(accountId: string, asset: Asset): void {
    const key = `${accountId} ${asset}`;
    const balance = this.#balances.get(key) ?? '0';
    const debt = this.#debts.get(key) ?? '0';
    const change = isUnderZero(balance) ? minus(balance) : minus(smaller(balance, debt));
    if (change === '0') return;
    const after = plus(debt, change);
    this.#debts.set(key, after);
    this.#change(accountId, asset, change);
    const isDrawn = !isUnderZero(change);
    const postings = [
      { account: poolCash(asset), asset, amount: minus(change) },
      { account: this.#ledgerAccount(accountId, asset), asset, amount: change },
      { account: debtAccount(accountId, asset), asset, amount: minus(change) },
      { account: poolLoans(asset), asset, amount: change },
    ];
    const amount = isDrawn ? change : minus(change);
    const data = { accountId, asset, amount, location: 'venue:alpha', debt: after, indexThen: '1', postings };
    this.given(`account-${accountId}`, made(isDrawn ? 'LoanDrawn' : 'LoanRepaid', data));
  }

  #change(accountId: string, asset: Asset, by: string): void {
    const key = `${accountId} ${asset}`;
    this.#balances.set(key, plus(this.#balances.get(key) ?? '0', by));
  }

  #ledgerAccount(accountId: string, asset: string): string {
    return clientAccount(accountId, '', asset, 'venue:alpha');
  }

  #list(instrumentId: string, kind: string, underlying: string): void {
    const data = { instrumentId, kind, underlying, quoteAsset: 'USD', contractSize: '1' };
    this.given(`instrument-${instrumentId}`, made('InstrumentListed', data));
  }
}
