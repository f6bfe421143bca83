import {
  fitSurface,
  quoteProblem,
  volatilityQuotes,
  type OptionQuote,
  type SliceFit,
  type SurfaceSlice,
  type VolatilityQuote,
} from '@plinth/options';
import type { EventData } from '@plinth/messages';

/** 365 days. */
export const YEAR_MS = 31_536_000_000;
/** Fewer quotes of an expiry make no slice: its options take their volatility from the other expiries. */
export const LEAST_QUOTES = 5;
/** A surface is refused when more than this share of an expiry's quotes contradicts the rest. */
const MOST_LEFT_OUT = 0.25;

/** What is bid and asked for an option, in settlement units: coins when inverse. */
export type QuotedOption = Readonly<{
  expiresAtMs: number;
  strike: number;
  isCall: boolean;
  isInverse: boolean;
  bid: number;
  ask: number;
}>;

export type FitInput = Readonly<{
  atMs: number;
  /** Price of the underlying in the units of the strikes. */
  index: number;
  quotes: readonly QuotedOption[];
  /** Marks of dated futures by expiry. */
  futures: ReadonlyMap<number, Readonly<{ instrumentId: string; price: number }>>;
}>;

export type FittedSlice = EventData<'SurfacePublished'>['slices'][number];

export type FitVerdict =
  | Readonly<{ status: 'accepted'; slices: readonly FittedSlice[] }>
  | Readonly<{ status: 'refused'; expiresAtMs: number; reason: string }>
  /** No expiry has quotes enough: every option stands on its own quotes. */
  | Readonly<{ status: 'none' }>;

type Expiry = Readonly<{
  expiresAtMs: number;
  years: number;
  forward: number;
  source: string;
  leftOut: number;
  quotes: readonly VolatilityQuote[];
}>;

/**
 * The surface of one underlying (finance §4). Forward of an expiry: the mark of its dated future, else
 * put–call parity, else the index. Quotes that contradict others are left out; where they are many, or where
 * no slices free of arbitrage come out, the surface is refused with the reason.
 */
export const fitOptionSurface = (input: FitInput): FitVerdict => {
  const expiries: Expiry[] = [];
  const times = new Set(input.quotes.map(({ expiresAtMs }) => expiresAtMs));
  for (const expiresAtMs of [...times].sort((a, b) => a - b)) {
    if (expiresAtMs <= input.atMs) continue;
    const expiry = expiryOf(input, expiresAtMs);
    if ('reason' in expiry) return { status: 'refused', expiresAtMs, reason: expiry.reason };
    if (expiry.quotes.length >= LEAST_QUOTES) expiries.push(expiry);
  }
  if (expiries.length === 0) return { status: 'none' };
  const verdict = fitSurface(expiries);
  if (verdict.status === 'refused') {
    const expiresAtMs = expiries.find(({ years }) => years === verdict.years)?.expiresAtMs ?? 0;
    return { status: 'refused', expiresAtMs, reason: verdict.reason };
  }
  const { surface, fits } = verdict;
  const slices = expiries.map((expiry, n) => sliceOf(expiry, surface.slices[n]!, fits[n]!));
  return { status: 'accepted', slices };
};

const sliceOf = (expiry: Expiry, { svi, low, high }: SurfaceSlice, fit: SliceFit): FittedSlice => ({
  expiresAtMs: expiry.expiresAtMs,
  years: expiry.years,
  forward: expiry.forward,
  forwardSource: expiry.source,
  ...svi,
  low,
  high,
  quotes: expiry.quotes.length,
  leftOut: expiry.leftOut,
  rootMeanSquare: fit.rootMeanSquare,
  largest: fit.largest,
});

const expiryOf = (input: FitInput, expiresAtMs: number): Expiry | Readonly<{ reason: string }> => {
  const own = input.quotes.filter((quote) => quote.expiresAtMs === expiresAtMs);
  const { forward, source } = forwardOf(input, expiresAtMs, own);
  const years = (expiresAtMs - input.atMs) / YEAR_MS;
  const given = own.map((quote) => inQuoteUnits(quote, forward));
  const first = quoteProblem(given, forward);
  const worst = first && `${first.kind} at the strike ${first.strike}: ${first.message}`;
  const quotes = withoutProblems(given, forward);
  const leftOut = own.length - quotes.length;
  if (own.length >= LEAST_QUOTES && leftOut > MOST_LEFT_OUT * own.length)
    return {
      reason: `${leftOut} of ${own.length} quotes of the expiry contradict the others, first ${worst}`,
    };
  return { expiresAtMs, years, forward, source, leftOut, quotes: volatilityQuotes(quotes, forward, years) };
};

/**
 * Without the strikes that contradict others. A problem names a strike and may be its neighbour's: of the
 * three the one goes that leaves the least behind.
 */
const withoutProblems = (given: readonly OptionQuote[], forward: number): readonly OptionQuote[] => {
  let quotes = given;
  let problem = quoteProblem(quotes, forward);
  while (problem !== undefined) {
    const strikes = [...new Set(quotes.map(({ strike }) => strike))].sort((a, b) => a - b);
    const place = strikes.indexOf(problem.strike);
    const tried = strikes.slice(Math.max(0, place - 1), place + 2).map((strike) => {
      const rest = quotes.filter((quote) => quote.strike !== strike);
      return { rest, next: quoteProblem(rest, forward)?.strike ?? Infinity };
    });
    quotes = tried.reduce((best, one) => (one.next > best.next ? one : best)).rest;
    problem = quoteProblem(quotes, forward);
  }
  return quotes;
};

const inQuoteUnits = (
  { strike, isCall, isInverse, bid, ask }: QuotedOption,
  forward: number,
): OptionQuote => {
  const unit = isInverse ? forward : 1;
  return { strike, isCall, bid: bid * unit, ask: ask * unit };
};

type Forward = Readonly<{ forward: number; source: string }>;

const forwardOf = (
  { index, futures }: FitInput,
  expiresAtMs: number,
  own: readonly QuotedOption[],
): Forward => {
  const future = futures.get(expiresAtMs);
  if (future !== undefined) return { forward: future.price, source: `future:${future.instrumentId}` };
  const parity = parityForward(own, index);
  return parity === undefined ? { forward: index, source: 'index' } : { forward: parity, source: 'parity' };
};

/** Strikes nearest to the money whose pairs speak about the forward. */
const PAIRS = 5;

/**
 * F = K + C − P, or K / (1 − (C − P)) where prices are in coins: the median over the strikes nearest to the
 * index at which both are bid and asked.
 */
const parityForward = (own: readonly QuotedOption[], index: number): number | undefined => {
  const puts = new Map(own.flatMap((quote) => (quote.isCall ? [] : [[quote.strike, quote] as const])));
  const middle = ({ bid, ask }: QuotedOption): number => 0.5 * (bid + ask);
  const forwards = own
    .filter(({ isCall }) => isCall)
    .toSorted((a, b) => Math.abs(a.strike - index) - Math.abs(b.strike - index) || a.strike - b.strike)
    .flatMap((call) => {
      const put = puts.get(call.strike);
      if (put === undefined || call.bid <= 0 || put.bid <= 0) return [];
      const gap = middle(call) - middle(put);
      const forward = call.isInverse ? call.strike / (1 - gap) : call.strike + gap;
      return forward > 0 && Number.isFinite(forward) ? [forward] : [];
    })
    .slice(0, PAIRS)
    .sort((a, b) => a - b);
  if (forwards.length === 0) return undefined;
  const half = forwards.length >> 1;
  return forwards.length % 2 === 1 ? forwards[half]! : 0.5 * (forwards[half - 1]! + forwards[half]!);
};
