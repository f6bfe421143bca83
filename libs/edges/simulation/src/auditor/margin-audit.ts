import type { Envelope } from '@plinth/eventing';
import type { EventData, MarginFigures, Mark } from '@plinth/messages';
import { textToFloat } from '@plinth/money';
import { breach, type Audit, type Breach } from './breach.ts';
import { exact } from './decimal-text.ts';

const CALLED = 'a margin call precedes every liquidation unless the loss was a gap';
const WARRANTED =
  'a liquidation is requested only below the maintenance margin or after the deadline of a call';
const JUDGED = 'an order that adds risk is approved only with equity at or above the initial margin after it';
const GATE = 'no payout is approved while an insolvency of the cell is unresolved';
const ENDED = 'an account has one liquidation at a time';
const STATES = 'every change of margin state starts from the state before';
const MARKED = 'a mark that sources support lies within the quotes that its round used';
const BOUNDED = 'a mark that a surface made of an option lies between what its forward allows';

export class MarginAudit implements Audit {
  readonly invariants = [CALLED, WARRANTED, JUDGED, GATE, ENDED, STATES, MARKED, BOUNDED];
  readonly #states = new Map<string, string>();
  readonly #calls = new Map<string, string>();
  readonly #running = new Map<string, string>();
  readonly #insolvent = new Set<string>();
  readonly #options = new Map<string, Option>();
  /** Underlyings and price assets whose options a surface prices, from its first fit on. */
  readonly #surfaces = new Set<string>();

  apply(event: Envelope): readonly Breach[] {
    switch (event.type) {
      case 'MarginStateChanged':
        return this.#state(event.data, event.position);
      case 'MarginCalled':
        this.#calls.set(event.data.accountId, event.data.callId);
        return [];
      case 'MarginCallCured':
        this.#calls.delete(event.data.accountId);
        return [];
      case 'LiquidationRequested':
        return this.#requested(event.data, event.position);
      case 'LiquidationCompleted':
        this.#running.delete(event.data.accountId);
        this.#insolvent.delete(event.data.accountId);
        return [];
      case 'OrderApproved':
        return event.data.riskReducing || isCovered(event.data.figuresAfter, 'initialMargin')
          ? []
          : [breach(JUDGED, event.position, event.data.orderId)];
      case 'WithdrawalApproved':
        return this.#insolvent.size === 0 && isCovered(event.data.figuresAfter, 'initialMargin')
          ? []
          : [breach(GATE, event.position, event.data.withdrawalId)];
      case 'TransferApproved':
        return this.#insolvent.size === 0 && isCovered(event.data.figuresAfter, 'initialMargin')
          ? []
          : [breach(GATE, event.position, event.data.transferId)];
      case 'InstrumentListed':
        if (event.data.kind === 'option') this.#options.set(event.data.instrumentId, optionOf(event.data));
        return [];
      case 'SurfacePublished':
        this.#surfaces.add(`${event.data.underlying} ${event.data.priceAsset}`);
        return [];
      case 'MarksPublished':
        return this.#marks(event.data, event.position);
      default:
        return [];
    }
  }

  finish(): readonly Breach[] {
    return [];
  }

  #state(data: EventData<'MarginStateChanged'>, at: bigint): readonly Breach[] {
    const before = this.#states.get(data.accountId) ?? 'healthy';
    this.#states.set(data.accountId, data.toState);
    if (data.toState === 'insolvent') this.#insolvent.add(data.accountId);
    else this.#insolvent.delete(data.accountId);
    return before === data.fromState
      ? []
      : [breach(STATES, at, `${data.accountId} was ${before}, said ${data.fromState}`)];
  }

  /** A surface smooths over all quotes of its underlying: it may well leave an option's own. */
  #marks(data: EventData<'MarksPublished'>, at: bigint): readonly Breach[] {
    const found: Breach[] = [];
    const quoted = data.marks.filter((mark) => {
      const option = this.#options.get(mark.instrumentId);
      if (option === undefined || !this.#surfaces.has(option.surface)) return true;
      if (!isWithinBounds(option, mark)) found.push(breach(BOUNDED, at, mark.instrumentId));
      return false;
    });
    for (const id of marksOutside({ ...data, marks: quoted })) found.push(breach(MARKED, at, id));
    return found;
  }

  #requested(data: EventData<'LiquidationRequested'>, at: bigint): readonly Breach[] {
    const found: Breach[] = [];
    const { accountId, cause, callId, figures } = data;
    if (cause !== 'gap' && this.#calls.get(accountId) !== callId) found.push(breach(CALLED, at, accountId));
    if (cause !== 'deadline' && isCovered(figures, 'maintenanceMargin'))
      found.push(breach(WARRANTED, at, accountId));
    if (this.#running.has(accountId)) found.push(breach(ENDED, at, accountId));
    this.#running.set(accountId, data.liquidationId);
    this.#calls.delete(accountId);
    return found;
  }
}

const isCovered = (figures: MarginFigures | undefined, by: 'initialMargin' | 'maintenanceMargin'): boolean =>
  figures !== undefined && exact(figures.equity) >= exact(figures[by]);

type Option = Readonly<{ surface: string; strike: number; isCall: boolean; isInverse: boolean }>;

const optionOf = (data: EventData<'InstrumentListed'>): Option => ({
  surface: `${data.underlying} ${data.inverse ? 'USD' : data.quoteAsset}`,
  strike: textToFloat(data.strike),
  isCall: data.optionType === 'call',
  isInverse: data.inverse,
});

/**
 * max(0, ±(F − K)) ≤ price ≤ F of a call, K of a put, in units of the strike, within the mark's confidence
 * and a rounding.
 */
const isWithinBounds = ({ strike, isCall, isInverse }: Option, mark: Mark): boolean => {
  const { forward, state } = mark;
  if (state !== 'live') return true;
  const unit = isInverse ? forward : 1;
  const price = textToFloat(mark.price) * unit;
  const slack = textToFloat(mark.confidence) * unit + ROUNDING * forward;
  const least = Math.max(0, isCall ? forward - strike : strike - forward);
  return price >= least - slack && price <= (isCall ? forward : strike) + slack;
};

const ROUNDING = 1e-9;

const ONE = exact('1');

/** Price and confidence of a used quote as a band in the mark's own currency. */
const bandOf = (quote: EventData<'MarksPublished'>['quotes'][number]): readonly [bigint, bigint] => {
  const rate = quote.conversion === '' ? ONE : exact(quote.conversion);
  const slack = quote.conversionConfidence === '' ? 0n : exact(quote.conversionConfidence);
  const price = exact(quote.price);
  const confidence = exact(quote.confidence);
  return [((price - confidence) * (rate - slack)) / ONE, ((price + confidence) * (rate + slack)) / ONE + 1n];
};

/** Live, unguarded marks outside the band of the quotes that were used for them. */
const marksOutside = (data: EventData<'MarksPublished'>): readonly string[] => {
  const bands = new Map<string, readonly [bigint, bigint]>();
  for (const quote of data.quotes) {
    if (quote.excluded !== '') continue;
    const [down, up] = bandOf(quote);
    const [low, high] = bands.get(quote.instrumentId) ?? [down, up];
    bands.set(quote.instrumentId, [down < low ? down : low, up > high ? up : high]);
  }
  return data.marks
    .filter((mark) => mark.state === 'live' && !mark.guarded)
    .filter(({ instrumentId, price }) => {
      const band = bands.get(instrumentId);
      return band !== undefined && (exact(price) < band[0] || exact(price) > band[1]);
    })
    .map(({ instrumentId }) => instrumentId);
};
