import { plainSnapshot, reject, type Decider, type NewEvent } from '@plinth/eventing';
import { indexOf, NUMERAIRE } from '@plinth/market';
import type { Mark, Quote } from '@plinth/messages';
import type { Vote } from './aggregate.ts';
import { carryOn, halt, judge, type Judgement, type MarkMemory, type SubmittedQuote } from './judgement.ts';
import { LIMITS } from './limits.ts';
import { judgeOption, NO_OPTIONS, type OptionRound } from './option-judgement.ts';
import type { Listed } from './pairs.ts';
import { priceUnits } from './price-units.ts';
import { pricingOrder } from './pricing-order.ts';
import { firstSample, sampleVolatility } from './volatility.ts';

/** Memory of the stream marks-{cell}. */
export type MarksState = Readonly<{
  round: number;
  atMs: number;
  marks: ReadonlyMap<string, MarkMemory>;
  /** Place in the home cell's log of the last round that was taken over; 0n where marks are judged. */
  source: bigint;
}>;

/**
 * One round of prices. `listings` holds every instrument that has a quote in it or a mark already. An
 * instrument without any quote in the round keeps its mark until the quotes behind it would be stale.
 */
export type PublishRound = Readonly<{
  type: 'PublishRound';
  atMs: number;
  quotes: readonly SubmittedQuote[];
  listings: ReadonlyMap<string, Listed>;
  /** Least time between two published rounds. */
  minRoundMs: number;
  /** A mark that does not change is published again after this long, so that its averages move on. */
  refreshMs: number;
  options?: OptionRound;
}>;

/** Marks of the home cell as they were published there, the newest of each instrument. */
export type TakeMarks = Readonly<{
  type: 'TakeMarks';
  fromCell: string;
  throughPosition: bigint;
  /** Time of the newest round among them. */
  atMs: number;
  marks: readonly Mark[];
}>;

export type MarksRejection = 'ROUND_OUT_OF_ORDER' | 'ROUND_TOO_SOON' | 'TAKEN_ALREADY';

const initialState = (): MarksState => ({ round: 0, atMs: 0, marks: new Map(), source: 0n });

/** An instrument without news is halted when its last mark is older than this. */
export const haltAfterMs = (listed: Listed, refreshMs: number): number =>
  Math.max(listed.rule.maxAgeMs, refreshMs);

const hasNews = (mark: Mark, memory: MarkMemory | undefined, command: PublishRound): boolean => {
  if (memory === undefined) return true;
  const last = memory.mark;
  const isSame =
    mark.price === last.price &&
    mark.confidence === last.confidence &&
    mark.forward === last.forward &&
    mark.state === last.state &&
    mark.sources === last.sources &&
    mark.guarded === last.guarded &&
    mark.confirming === last.confirming;
  return !isSame || (mark.state !== 'halted' && command.atMs - memory.atMs >= command.refreshMs);
};

const byInstrument = (quotes: readonly SubmittedQuote[]): ReadonlyMap<string, readonly SubmittedQuote[]> => {
  const groups = new Map<string, SubmittedQuote[]>();
  for (const quote of quotes) {
    const known = groups.get(quote.instrumentId);
    if (known === undefined) groups.set(quote.instrumentId, [quote]);
    else known.push(quote);
  }
  return groups;
};

/**
 * The USD price of an asset for conversions: the mark of this round, or the standing one of an asset
 * without quotes.
 */
const usdRate = (
  asset: string,
  judged: ReadonlyMap<string, Mark>,
  quoted: ReadonlyMap<string, unknown>,
  state: MarksState,
): Vote | undefined => {
  const id = indexOf(asset);
  const mark = judged.get(id) ?? (quoted.has(id) ? undefined : state.marks.get(id)?.mark);
  if (mark === undefined || mark.state !== 'live' || mark.guarded) return undefined;
  return {
    price: priceUnits(mark.price, 'price'),
    confidence: priceUnits(mark.confidence, 'confidence'),
  };
};

/** Judges what is without quotes first, then the rest in the order in which conversions need each other. */
const judgeRound = (command: PublishRound, state: MarksState): readonly Judgement[] => {
  const { atMs, listings } = command;
  const quoted = byInstrument(command.quotes);
  const judged = new Map<string, Mark>();
  const news: Judgement[] = [];
  const take = (judgement: Judgement): void => {
    const { mark } = judgement;
    judged.set(mark.instrumentId, mark);
    if (hasNews(mark, state.marks.get(mark.instrumentId), command)) news.push(judgement);
  };
  for (const [id, memory] of state.marks) {
    const listed = listings.get(id);
    if (listed === undefined || quoted.has(id) || memory.mark.state === 'halted') continue;
    if (listed.option !== undefined) continue;
    if (atMs - memory.atMs <= haltAfterMs(listed, command.refreshMs)) continue;
    take({ mark: halt(listed, memory, atMs), quotes: [] });
  }
  const rateOf = (asset: string): Vote | undefined =>
    asset === NUMERAIRE ? undefined : usdRate(asset, judged, quoted, state);
  for (const listed of pricingOrder(listings, quoted)) {
    if (listed.option !== undefined) continue;
    const quotes = quoted.get(listed.instrumentId) ?? [];
    const judgement = judge(listed, quotes, state.marks.get(listed.instrumentId), atMs, rateOf);
    if (judgement !== undefined) take(judgement);
  }
  for (const judgement of judgeOptions(command, state, quoted, judged)) take(judgement);
  return news;
};

/** Options last: they follow what they are made of. */
const judgeOptions = (
  { atMs, listings, refreshMs, options = NO_OPTIONS }: PublishRound,
  state: MarksState,
  quoted: ReadonlyMap<string, readonly SubmittedQuote[]>,
  judged: ReadonlyMap<string, Mark>,
): readonly Judgement[] => {
  const markOf = (id: string): Mark | undefined => judged.get(id) ?? state.marks.get(id)?.mark;
  return [...listings.values()].flatMap((listed) => {
    const { instrumentId, option } = listed;
    if (option === undefined) return [];
    const round = { atMs, options, markOf, haltAfterMs: haltAfterMs(listed, refreshMs) };
    const quotes = quoted.get(instrumentId) ?? [];
    return judgeOption(listed, option, quotes, state.marks.get(instrumentId), round) ?? [];
  });
};

type Outcome = readonly NewEvent<'MarksPublished'>[] | ReturnType<typeof reject<MarksRejection>>;

/**
 * A round that is not later than this cell's last one comes after a halt that this cell found by itself: its
 * marks are passed over, and come again with the home cell's next refresh.
 */
const take = (command: TakeMarks, state: MarksState): Outcome => {
  const { fromCell: sourceCell, throughPosition: sourcePosition } = command;
  if (sourcePosition <= state.source) {
    const message = `Expected a position after ${state.source} of the home cell's log`;
    return reject('TAKEN_ALREADY', message, { field: 'through_position', reason: 'exists' });
  }
  const isLater = command.atMs > state.atMs;
  const atMs = isLater ? command.atMs : state.atMs;
  const taken = isLater ? command.marks : [];
  const events: NewEvent<'MarksPublished'>[] = [];
  for (let from = 0; from === 0 || from < taken.length; from += LIMITS.marksPerEventMax) {
    const part = taken.slice(from, from + LIMITS.marksPerEventMax);
    const round = state.round + events.length + 1;
    events.push({
      type: 'MarksPublished',
      data: { round, atMs, marks: part, quotes: [], sourceCell, sourcePosition },
    });
  }
  return events;
};

const decide = (command: PublishRound | TakeMarks, state: MarksState): Outcome => {
  if (command.type === 'TakeMarks') return take(command, state);
  const { atMs, minRoundMs } = command;
  if (atMs <= state.atMs) {
    const message = `Expected a round after ${state.atMs}, the last one, was ${atMs}: send present quotes`;
    return reject('ROUND_OUT_OF_ORDER', message, { field: 'at_ms' });
  }
  if (state.round > 0 && atMs - state.atMs < minRoundMs) {
    const message = `Expected ${minRoundMs} ms between rounds, was ${atMs - state.atMs}: keep the quotes`;
    return reject('ROUND_TOO_SOON', message, { field: 'at_ms' });
  }
  const news = judgeRound(command, state);
  const events: NewEvent<'MarksPublished'>[] = [];
  for (let from = 0; from < news.length; from += LIMITS.marksPerEventMax) {
    const part = news.slice(from, from + LIMITS.marksPerEventMax);
    const quotes = part.flatMap((judgement) => [...judgement.quotes]);
    const round = state.round + events.length + 1;
    events.push({
      type: 'MarksPublished',
      data: {
        ...{ round, atMs, marks: part.map(({ mark }) => mark), quotes },
        ...{ sourceCell: '', sourcePosition: 0n },
      },
    });
  }
  return events;
};

const remember = (
  memory: MarkMemory | undefined,
  mark: Mark,
  quotes: readonly Quote[],
  atMs: number,
): MarkMemory => {
  const price = priceUnits(mark.price, 'price');
  const sourceTimes = new Map(memory?.sourceTimes);
  for (const { source, sourceTimeMs, excluded } of quotes) {
    if (excluded !== '' && excluded !== 'outlier') continue;
    sourceTimes.delete(source);
    sourceTimes.set(source, sourceTimeMs);
  }
  while (sourceTimes.size > LIMITS.sourcesPerInstrumentMax) {
    // The source that has been silent for longest in recorded rounds is forgotten first.
    sourceTimes.delete(sourceTimes.keys().next().value as string);
  }
  const confidence = priceUnits(mark.confidence, 'confidence');
  const volatility =
    memory === undefined
      ? firstSample(mark.volatility, price, atMs)
      : sampleVolatility(memory.volatility, price, atMs);
  return { mark, price, confidence, atMs, twap: carryOn(memory, atMs), volatility, sourceTimes };
};

const evolve = (state: MarksState, event: NewEvent<'MarksPublished'>): MarksState => {
  const { round, atMs, marks, quotes, sourceCell, sourcePosition } = event.data;
  const rows = new Map<string, Quote[]>();
  for (const quote of quotes) {
    const known = rows.get(quote.instrumentId);
    if (known === undefined) rows.set(quote.instrumentId, [quote]);
    else known.push(quote);
  }
  const next = new Map(state.marks);
  for (const mark of marks) {
    const { instrumentId } = mark;
    next.set(instrumentId, remember(next.get(instrumentId), mark, rows.get(instrumentId) ?? [], atMs));
  }
  return { round, atMs, marks: next, source: sourceCell === '' ? state.source : sourcePosition };
};

/**
 * Decides the marks of a cell. Every mark can be made again from its event, the stream before it and the
 * listings.
 */
export const marks: Decider<MarksState, PublishRound | TakeMarks, 'MarksPublished', MarksRejection> = {
  initialState,
  decide,
  evolve,
  snapshot: plainSnapshot(2),
};
