import { checked, type Rejection, requireId } from '@plinth/eventing';
import type { Mark, pricingMessages, PriceRule, Quote } from '@plinth/messages';
import { assert } from '@plinth/money';
import type { Consensus } from '../domain/consensus.ts';
import type { Exclusion } from '../domain/exclusion.ts';
import { recordedConsensus, recordedVote } from '../domain/judgement.ts';
import { LIMITS } from '../domain/limits.ts';
import type { Listed } from '../domain/pairs.ts';
import { exceedsPpm, priceText } from '../domain/price-units.ts';
import { bindingGuard } from '../domain/price-guards.ts';
import type { EmaView } from './ema-view.ts';
import type { MarkOrigin } from './quotes-view.ts';
import { noMark } from './pricing-queries.ts';
import { listedOf, type PricingViews } from './pricing-views.ts';

const WHY: Readonly<Record<Exclusion, (rule: PriceRule) => string>> = {
  future: () => `Its time is more than ${LIMITS.futureSkewMs} ms ahead of the round.`,
  stale: (rule) => `It is older than ${rule.maxAgeMs} ms, or older than what its source said before.`,
  crossed: () => 'Its best bid is not below its best ask.',
  'non-positive': () => 'Its price is not above zero.',
  'unpriced-quote-asset': () => 'Its quote asset had no live mark in this round.',
  uncertain: (rule) => `Its confidence is more than ${rule.maxConfidencePpm} ppm of its price.`,
  outlier: (rule) => `It is further than ${rule.maxDeviationPpm} ppm from the centre of all quotes.`,
};

const explainQuote = (listed: Listed, quote: Quote): pricingMessages.ExplainedQuote => {
  const vote = recordedVote(listed, quote);
  const used = quote.excluded === '';
  return {
    quote,
    used,
    convertedPrice: vote === undefined ? '' : priceText(vote.price),
    convertedConfidence: vote === undefined ? '' : priceText(vote.confidence),
    reason: used ? `It votes in group ${quote.group}.` : WHY[quote.excluded as Exclusion](listed.rule),
  };
};

const notesOn = (mark: Mark, listed: Listed, centre: Consensus | undefined, isResumed: boolean): string[] => {
  const { rule } = listed;
  const notes: string[] = [];
  if (centre === undefined) notes.push('No quote was usable: the last price stays and the mark is halted.');
  if (centre !== undefined && centre.standing !== 'agreed') {
    notes.push(`Fewer than ${rule.minSources} independent groups agree.`);
  }
  if (centre?.standing === 'disputed') {
    notes.push('One voice alone, or a dispute, moves nothing: the confidence reaches over to the centre.');
  }
  if (centre !== undefined && exceedsPpm(centre.confidence, centre.price, rule.maxConfidencePpm)) {
    notes.push(`The groups are further apart than ${rule.maxConfidencePpm} ppm of the price.`);
  }
  const bound = centre && bindingGuard(rule, centre.price);
  if (bound !== undefined)
    notes.push(
      `The ${bound} of ${bound === 'cap' ? rule.capPrice : rule.floorPrice} binds: it may be wrong.`,
    );
  else if (mark.guarded && isResumed) notes.push('The first price after a halt: a second round confirms it.');
  else if (mark.guarded)
    notes.push(`The speed limit of ${rule.maxMovePpmPerSecond} ppm per second held the price back.`);
  if (mark.confirming !== '') {
    notes.push(`At least two thirds of the groups confirm a move ${mark.confirming} beyond the speed limit.`);
  }
  if (mark.state === 'degraded' && notes.length === 0) {
    notes.push('The mark was halted in the round before, or is too far from its one-hour average.');
  }
  return notes;
};

const explain = (
  origin: MarkOrigin,
  listed: Listed,
  averages: EmaView,
): pricingMessages.ExplainMarkResponse => {
  const { mark, round, atMs, quotes, previous } = origin;
  const centre = recordedConsensus(listed, quotes);
  return {
    mark,
    round,
    atMs,
    priceRule: listed.rule,
    quotes: quotes.map((quote) => explainQuote(listed, quote)),
    votes: (centre?.votes ?? []).map((vote) => ({
      group: vote.group,
      price: priceText(vote.price),
      confidence: priceText(vote.confidence),
      quotes: vote.quotes,
    })),
    centrePrice: centre === undefined ? '' : priceText(centre.price),
    centreConfidence: centre === undefined ? '' : priceText(centre.confidence),
    previousPrice: previous?.price ?? '',
    previousAtMs: previous?.atMs ?? 0,
    notes: notesOn(mark, listed, centre, previous?.state === 'halted'),
    ...averages.of(mark.instrumentId),
  };
};

/** Every quote behind the present mark, and why it was used or not: made again from the recorded round. */
export const explainMark = (
  request: pricingMessages.ExplainMarkRequest,
  { reference, quotes, averages }: PricingViews,
): pricingMessages.ExplainMarkResponse | Rejection =>
  checked(() => {
    requireId('instrument', request.instrumentId, 'instrument_id');
    const origin = quotes.origin(request.instrumentId);
    if (origin === undefined) return noMark(request.instrumentId);
    const listed = listedOf(reference, request.instrumentId);
    assert(listed !== undefined, () => `Expected a listed instrument, was ${request.instrumentId}`);
    return explain(origin, listed, averages);
  });
