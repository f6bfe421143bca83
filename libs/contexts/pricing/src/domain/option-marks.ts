import { blackGreeks, impliedVolatility, OptionInputError, OPTION_LIMITS } from '@plinth/options';
import type { MarkState } from '@plinth/market';
import { YEAR_MS } from './surface-fit.ts';
import { surfaceState, volatilityOn, type Surface, type SurfaceAges } from './surface.ts';

/** What a round must know of a listed option beside its rule. */
export type OptionTerms = Readonly<{
  /** Which surface prices it. */
  surface: string;
  /** What its strike is in: USD when inverse. */
  priceAsset: string;
  strike: number;
  isCall: boolean;
  isInverse: boolean;
  expiresAtMs: number;
  /** The dated future of the same expiry and price asset; empty when there is none. */
  futureId: string;
}>;

/** Price of what moves an option, and how good it is. */
export type Reference = Readonly<{ price: number; confidence: number; state: MarkState; guarded: boolean }>;

/** The average of the settlement window so far: its price, and which share of the window it fills. */
export type FixedPart = Readonly<{ price: number; share: number }>;

export type OptionMark = Readonly<{
  /** In settlement units: coins when inverse. */
  price: number;
  confidence: number;
  volatility: number;
  forward: number;
  fixedForward: number;
  state: MarkState;
  guarded: boolean;
}>;

const WORST = { live: 0, degraded: 1, halted: 2 } as const satisfies Record<MarkState, number>;
const worse = (a: MarkState, b: MarkState): MarkState => (WORST[a] > WORST[b] ? a : b);

/**
 * The forward of an option now: the mark of its dated future, else the index times what the surface saw
 * between the two. In the settlement window the part that is averaged already stands.
 */
export const forwardNow = (
  { expiresAtMs }: OptionTerms,
  index: Reference,
  future: Reference | undefined,
  surface: Surface | undefined,
  fixed: FixedPart | undefined,
): Reference & Readonly<{ fixedForward: number }> => {
  const slice = surface?.slices.find((one) => one.expiresAtMs === expiresAtMs);
  const carry = slice === undefined || surface === undefined ? 1 : slice.forward / surface.index;
  const usable = future?.state === 'live' ? future : undefined;
  const free = usable ?? {
    ...index,
    price: index.price * carry,
    confidence: index.confidence * carry,
  };
  if (fixed === undefined) return { ...free, fixedForward: 0 };
  const fixedForward = fixed.price * fixed.share;
  const left = 1 - fixed.share;
  return {
    ...free,
    price: fixedForward + free.price * left,
    confidence: free.confidence * left,
    fixedForward,
  };
};

/** What the surface says of an option at a forward; undefined where it says nothing sensible. */
export const surfaceMark = (
  terms: OptionTerms,
  surface: Surface,
  forward: ReturnType<typeof forwardNow>,
  atMs: number,
  ages: SurfaceAges,
): OptionMark => {
  const volatility = volatilityOn(surface, terms.expiresAtMs, forward.price, terms.strike);
  const slice = surface.slices.find(({ expiresAtMs }) => expiresAtMs === terms.expiresAtMs);
  const doubt = slice?.rootMeanSquare ?? Math.max(...surface.slices.map((one) => one.rootMeanSquare));
  const state = worse(forward.state, surfaceState(surface.atMs, atMs, ages));
  return { ...priced(terms, forward, volatility, doubt, atMs), state };
};

/**
 * What an option's own quotes say of it, while no surface does: its price, the volatility in it, or
 * `otherwise` where the price is outside of its bounds. It is degraded then, unless it is no further outside
 * than it and its forward are uncertain: far in the money a price is intrinsic value and little else.
 */
export const quotedMark = (
  terms: OptionTerms,
  quoted: Reference,
  forward: ReturnType<typeof forwardNow>,
  atMs: number,
  otherwise: number,
): OptionMark => {
  const { price, confidence, guarded } = quoted;
  const implied = impliedOf(terms, price, forward.price, atMs);
  const unit = terms.isInverse ? forward.price : 1;
  const isSound =
    implied !== undefined ||
    outside(terms, price * unit, forward.price) <= confidence * unit + forward.confidence;
  const state = worse(worse(quoted.state, forward.state), isSound ? 'live' : 'degraded');
  const { fixedForward } = forward;
  const terminal = { forward: forward.price, fixedForward, volatility: implied ?? otherwise };
  return { price, confidence, ...terminal, state, guarded: guarded || forward.guarded };
};

/** How far a price in quote units lies outside of its no-arbitrage bounds. */
const outside = ({ isCall, strike }: OptionTerms, price: number, forward: number): number => {
  const least = Math.max(0, isCall ? forward - strike : strike - forward);
  return Math.max(least - price, price - (isCall ? forward : strike));
};

/** Volatility in a price in settlement units; undefined outside of the no-arbitrage bounds. */
const impliedOf = (terms: OptionTerms, price: number, forward: number, atMs: number): number | undefined => {
  const years = yearsOf(terms, atMs);
  if (years === 0) return 0;
  const { isCall, strike, isInverse } = terms;
  try {
    return impliedVolatility({ isCall, forward, strike, years, price: isInverse ? price * forward : price });
  } catch (error) {
    if (error instanceof OptionInputError) return undefined;
    throw error;
  }
};

const yearsOf = ({ expiresAtMs }: OptionTerms, atMs: number): number =>
  Math.max(0, expiresAtMs - atMs) / YEAR_MS;

/** The price at a volatility; its confidence is that of the forward and of the fit, both in price. */
const priced = (
  terms: OptionTerms,
  { price: forward, confidence, fixedForward, guarded }: ReturnType<typeof forwardNow>,
  volatility: number,
  doubt: number,
  atMs: number,
): Omit<OptionMark, 'state'> => {
  const { isCall, strike, isInverse } = terms;
  const bounded = Math.min(volatility, OPTION_LIMITS.volatility);
  const option = { isCall, forward, strike, volatility: bounded, years: yearsOf(terms, atMs) };
  const { price, delta, vega } = blackGreeks(option);
  const unit = isInverse ? forward : 1;
  return {
    price: price / unit,
    confidence: (Math.abs(delta) * confidence + vega * doubt) / unit,
    volatility: bounded,
    forward,
    fixedForward,
    guarded,
  };
};
