import { reject, type Decider, type NewEvent } from '@plinth/eventing';
import type { MarkState } from '@plinth/market';
import type { EventData } from '@plinth/messages';
import { surfaceVolatility } from '@plinth/options';
import { fitOptionSurface, YEAR_MS, type FitInput } from './surface-fit.ts';

export type Surface = EventData<'SurfacePublished'>;

/** Stream surface-{underlying}.{price asset}: the surfaces of one underlying, and why some were refused. */
export type SurfaceState = Readonly<{ atMs: number; refusal: string }>;

export type FitSurface = Readonly<{
  type: 'FitSurface';
  underlying: string;
  priceAsset: string;
  marksRound: number;
  input: FitInput;
  /** Least time between two fits. */
  refitMs: number;
  /** The same refusal is told again after this long. */
  repeatMs: number;
}>;

/** A surface that was fitted in the home cell. */
export type TakeSurface = Readonly<{ type: 'TakeSurface'; taken: Surface }>;

export type SurfaceEvent = 'SurfacePublished' | 'SurfaceRefused';
export type SurfaceRejection = 'SURFACE_TOO_SOON';

/** Streams and queries name a surface by this. */
export const surfaceKey = (underlying: string, priceAsset: string): string => `${underlying}.${priceAsset}`;

/**
 * Volatility of a strike at a forward. It stays what it was at the same moneyness until the next fit: the
 * surface is read at its own time.
 */
export const volatilityOn = (
  { slices, atMs }: Surface,
  expiresAtMs: number,
  forward: number,
  strike: number,
): number => {
  const fitted = slices.map(({ years, low, high, a, b, rho, m, sigma }) => ({
    ...{ years, low, high },
    svi: { a, b, rho, m, sigma },
  }));
  const years = Math.max(1, expiresAtMs - atMs) / YEAR_MS;
  return surfaceVolatility({ slices: fitted }, years, forward, strike);
};

/** How good a surface is by its age. */
export type SurfaceAges = Readonly<{ degradedMs: number; haltedMs: number }>;

export const surfaceState = (surfaceAtMs: number, atMs: number, ages: SurfaceAges): MarkState => {
  const age = atMs - surfaceAtMs;
  if (age > ages.haltedMs) return 'halted';
  return age > ages.degradedMs ? 'degraded' : 'live';
};

const decide = (
  command: FitSurface | TakeSurface,
  state: SurfaceState,
): readonly NewEvent<SurfaceEvent>[] | ReturnType<typeof reject<SurfaceRejection>> => {
  if (command.type === 'TakeSurface') return [{ type: 'SurfacePublished', data: command.taken }];
  const { underlying, priceAsset, marksRound, input, refitMs, repeatMs } = command;
  const { atMs, index } = input;
  if (state.atMs > 0 && atMs - state.atMs < refitMs)
    return reject('SURFACE_TOO_SOON', `Expected ${refitMs} ms between fits, was ${atMs - state.atMs}: wait`, {
      field: 'at_ms',
    });
  const verdict = fitOptionSurface(input);
  const head = { underlying, priceAsset, atMs, marksRound };
  switch (verdict.status) {
    case 'none':
      return [];
    case 'refused': {
      const { expiresAtMs, reason } = verdict;
      if (state.refusal === reason && atMs - state.atMs < repeatMs) return [];
      return [{ type: 'SurfaceRefused', data: { ...head, expiresAtMs, reason } }];
    }
    case 'accepted':
      return [{ type: 'SurfacePublished', data: { ...head, index, slices: [...verdict.slices] } }];
  }
};

export const surface: Decider<SurfaceState, FitSurface | TakeSurface, SurfaceEvent, SurfaceRejection> = {
  initialState: () => ({ atMs: 0, refusal: '' }),
  decide,
  evolve: (_, event) => ({
    atMs: event.data.atMs,
    refusal: event.type === 'SurfaceRefused' ? event.data.reason : '',
  }),
};
