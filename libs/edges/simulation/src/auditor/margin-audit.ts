import type { Envelope } from '@plinth/eventing';
import type { EventData, MarginFigures, Mark } from '@plinth/messages';
import { textToFloat } from '@plinth/money';
import { breach, type Audit, type Breach } from './breach.ts';
import { exact } from './decimal-text.ts';
import { Memory, type AuditLimits } from './memory.ts';

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
  readonly memory: Memory;
  /** Of accounts that are not healthy. */
  readonly #states;
  readonly #calls;
  readonly #running;
  readonly #insolvent;
  /** Every instrument, and what is known of an option. */
  readonly #listed;
  /** Underlyings and price assets whose options a surface prices, from its first fit on. */
  readonly #surfaces;

  constructor(limits: AuditLimits) {
    this.memory = new Memory(limits);
    this.#states = this.memory.live<string>('margin states');
    this.#calls = this.memory.live<string>('margin calls');
    this.#running = this.memory.live<string>('liquidations');
    this.#insolvent = this.memory.live<true>('insolvent accounts');
    this.#listed = this.memory.live<Option | 'plain'>('instruments');
    this.#surfaces = this.memory.live<true>('surfaces');
  }

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
        this.#listed.set(event.data.instrumentId, optionOf(event.data));
        return [];
      case 'SurfacePublished':
        this.#surfaces.set(`${event.data.underlying} ${event.data.priceAsset}`, true);
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
    const before = this.#states.get(data.accountId);
    if (data.toState === 'healthy') this.#states.delete(data.accountId);
    else this.#states.set(data.accountId, data.toState);
    if (data.toState === 'insolvent') this.#insolvent.set(data.accountId, true);
    else this.#insolvent.delete(data.accountId);
    if (data.fromState === (before ?? 'healthy')) return [];
    const detail = `${data.accountId} was ${before ?? 'healthy'}, said ${data.fromState}`;
    return before === undefined
      ? this.memory.breach(STATES, at, detail, this.#states)
      : [breach(STATES, at, detail)];
  }

  /** What is marked is remembered, however long ago it was listed. */
  #instrument(instrumentId: string): Option | 'plain' | undefined {
    const known = this.#listed.get(instrumentId);
    if (known !== undefined) this.#listed.set(instrumentId, known);
    return known;
  }

  /** A surface smooths over all quotes of its underlying: it may well leave an option's own. */
  #marks(data: EventData<'MarksPublished'>, at: bigint): readonly Breach[] {
    const found: Breach[] = [];
    const quoted = data.marks.filter((mark) => {
      const option = this.#instrument(mark.instrumentId);
      if (option === undefined || option === 'plain' || !this.#surfaces.has(option.surface)) return true;
      if (!isWithinBounds(option, mark)) found.push(breach(BOUNDED, at, mark.instrumentId));
      return false;
    });
    for (const id of marksOutside({ ...data, marks: quoted })) {
      const known = this.#listed.get(id);
      // It might be an option that a surface prices.
      const needed = [
        ...(known === undefined ? [this.#listed] : []),
        ...(known === 'plain' ? [] : [this.#surfaces]),
      ];
      found.push(...this.memory.breach(MARKED, at, id, ...needed));
    }
    return found;
  }

  #requested(data: EventData<'LiquidationRequested'>, at: bigint): readonly Breach[] {
    const found: Breach[] = [];
    const { accountId, cause, callId, figures } = data;
    const called = this.#calls.get(accountId);
    if (cause !== 'gap' && called !== callId)
      found.push(
        ...(called === undefined
          ? this.memory.breach(CALLED, at, accountId, this.#calls)
          : [breach(CALLED, at, accountId)]),
      );
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

const optionOf = (data: EventData<'InstrumentListed'>): Option | 'plain' =>
  data.kind === 'option'
    ? {
        surface: `${data.underlying} ${data.inverse ? 'USD' : data.quoteAsset}`,
        strike: textToFloat(data.strike),
        isCall: data.optionType === 'call',
        isInverse: data.inverse,
      }
    : 'plain';

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
