import {
  checked,
  type CommandHandler,
  type Envelope,
  type Intent,
  InvalidField,
  operatorsOnly,
  reject,
  type Rejection,
  requireAtLeastZero,
  requireDecimal,
  requireId,
  requireWhole,
} from '@plinth/eventing';
import type { pricingMessages } from '@plinth/messages';
import type { SubmittedQuote } from '../domain/judgement.ts';
import { LIMITS } from '../domain/limits.ts';
import { marks, type PublishRound } from '../domain/marks.ts';
import { conversionAsset, isSourceName, parseSource } from '../domain/pairs.ts';
import { optionRound } from './refit.ts';
import type { PricingConfig } from './pricing-config.ts';
import { listedOf, listingsFor, type PricingViews } from './pricing-views.ts';

type Request = pricingMessages.PublishRoundRequest;

const requireNumbers = (quote: SubmittedQuote, field: string): void => {
  requireDecimal(quote.price, `${field}.price`);
  requireAtLeastZero(quote.confidence, `${field}.confidence`);
  requireWhole(quote.sourceTimeMs, `${field}.source_time_ms`, 0, Number.MAX_SAFE_INTEGER);
  if (quote.volume !== '') requireAtLeastZero(quote.volume, `${field}.volume`);
  if ((quote.bid === '') !== (quote.ask === ''))
    throw new InvalidField(`${field}.bid`, 'given with ask or not at all');
  if (quote.bid === '') return;
  requireDecimal(quote.bid, `${field}.bid`);
  requireDecimal(quote.ask, `${field}.ask`);
};

/** Text checks of one quote; then whether its pair says anything about its instrument. */
const refuseQuote = (quote: SubmittedQuote, field: string, views: PricingViews): Rejection | undefined => {
  requireId('instrument', quote.instrumentId, `${field}.instrument_id`);
  const source = parseSource(quote.source);
  if (source === undefined)
    throw new InvalidField(`${field}.source`, '{name}:{pair} such as kraken:BTC/USDC');
  if (!isSourceName(quote.group)) throw new InvalidField(`${field}.group`, 'a name such as kraken');
  requireNumbers(quote, field);
  const listed = listedOf(views.reference, quote.instrumentId);
  if (listed === undefined) {
    return reject(
      'INSTRUMENT_MISSING',
      `Expected a listed instrument, was ${quote.instrumentId}: list it first`,
      {
        field: `${field}.instrument_id`,
        reason: 'missing',
      },
    );
  }
  if (conversionAsset(listed, source.pair) === undefined) {
    throw new InvalidField(`${field}.source`, `a pair that prices ${quote.instrumentId}, was ${source.pair}`);
  }
  return undefined;
};

/** One quote per source and instrument, one group per source name, a bounded number of sources. */
class RoundChecks {
  readonly #seen = new Set<string>();
  readonly #groups = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  check(quote: SubmittedQuote, field: string): void {
    const key = `${quote.instrumentId} ${quote.source}`;
    if (this.#seen.has(key)) throw new InvalidField(`${field}.source`, 'once per instrument in a round');
    this.#seen.add(key);
    const name = parseSource(quote.source)?.name ?? '';
    const group = this.#groups.get(name) ?? quote.group;
    if (group !== quote.group)
      throw new InvalidField(`${field}.group`, `${group} like the other quotes of ${name}`);
    this.#groups.set(name, group);
    const count = (this.#counts.get(quote.instrumentId) ?? 0) + 1;
    if (count > LIMITS.sourcesPerInstrumentMax) {
      throw new InvalidField(
        field,
        `one of at most ${LIMITS.sourcesPerInstrumentMax} quotes of an instrument`,
      );
    }
    this.#counts.set(quote.instrumentId, count);
  }
}

const roundIntent = (
  config: PricingConfig,
  views: PricingViews,
  atMs: number,
  quotes: readonly SubmittedQuote[],
): Intent<PublishRound> => ({
  stream: `marks-${config.cell}`,
  decider: marks,
  command: {
    type: 'PublishRound',
    atMs,
    quotes,
    listings: listingsFor(
      views,
      quotes.map(({ instrumentId }) => instrumentId),
    ),
    minRoundMs: quotes.length === 0 ? 0 : config.minRoundMs,
    refreshMs: config.refreshMs,
    options: optionRound(views, config, atMs),
  },
});

/** Judges a round of quotes; the decider refuses one that is not later than the last. */
export const publishRound =
  (config: PricingConfig): CommandHandler<Request, PricingViews> =>
  (request, views, context) =>
    checked(() => {
      const refusal = operatorsOnly(context);
      if (refusal !== undefined) return refusal;
      if (config.marksFrom !== '') {
        const message = `Expected quotes at cell ${config.marksFrom}: marks are judged there`;
        return reject('MARKS_ELSEWHERE', message, { details: { cell: config.marksFrom } });
      }
      const atMs = requireWhole(request.atMs, 'at_ms', 0, context.now) || context.now;
      if (request.quotes.length > LIMITS.quotesPerRoundMax) {
        throw new InvalidField('quotes', `at most ${LIMITS.quotesPerRoundMax}`);
      }
      const round = new RoundChecks();
      for (const [place, quote] of request.quotes.entries()) {
        const field = `quotes[${place}]`;
        const refused = refuseQuote(quote, field, views);
        if (refused !== undefined) return refused;
        round.check(quote, field);
      }
      return [roundIntent(config, views, atMs, request.quotes)];
    });

/**
 * A round without quotes: halts the marks that nobody has confirmed for too long. Rounds that are taken over
 * carry the time of the cell that judged them, which may be ahead of the time here: the halt comes after them
 * all the same.
 */
export const haltStale = (
  config: PricingConfig,
  event: Envelope,
  views: PricingViews,
): Intent<PublishRound> => {
  const last = config.marksFrom === '' ? 0 : views.marks.at + 1;
  const atMs = Math.max(event.occurredAt, last);
  return { ...roundIntent(config, views, atMs, []), onRejection: 'ignore' };
};
