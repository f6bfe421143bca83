import {
  checked,
  InvalidField,
  pageOf,
  reject,
  type Rejection,
  requireId,
  requirePositive,
  requireWhole,
} from '@plinth/eventing';
import { NUMERAIRE } from '@plinth/market';
import type { pricingMessages } from '@plinth/messages';
import { textToFloat } from '@plinth/money';
import { surfaceKey, surfaceState, volatilityOn, type Surface } from '../domain/surface.ts';
import type { PricingConfig } from './pricing-config.ts';
import type { PricingViews } from './pricing-views.ts';

const stateOf = (surface: Surface | undefined, atMs: number, config: PricingConfig): string =>
  surface === undefined
    ? 'halted'
    : surfaceState(surface.atMs, atMs, {
        degradedMs: config.surfaceDegradedMs,
        haltedMs: config.surfaceHaltedMs,
      });

/** Volatility and forward of one strike and expiry; zeros when none were asked for. */
const volatilityAt = (
  { expiresAtMs, strike }: pricingMessages.GetSurfaceRequest,
  surface: Surface | undefined,
): Readonly<{ volatility: number; forward: number }> => {
  if (strike === '' && expiresAtMs === 0) return { volatility: 0, forward: 0 };
  requirePositive(strike, 'strike');
  requireWhole(expiresAtMs, 'expires_at_ms', 1, Number.MAX_SAFE_INTEGER);
  if (surface === undefined) return { volatility: 0, forward: 0 };
  if (expiresAtMs <= surface.atMs)
    throw new InvalidField('expires_at_ms', `later than the surface, which is of ${surface.atMs}`);
  const own = surface.slices.find((slice) => slice.expiresAtMs === expiresAtMs);
  const forward = own?.forward ?? surface.index;
  return { forward, volatility: volatilityOn(surface, expiresAtMs, forward, textToFloat(strike, 'strike')) };
};

export const getSurface =
  (config: PricingConfig) =>
  (
    request: pricingMessages.GetSurfaceRequest,
    { volatility, marks }: PricingViews,
  ): pricingMessages.GetSurfaceResponse | Rejection =>
    checked(() => {
      const underlying = requireId('asset', request.underlying, 'underlying');
      const priceAsset =
        request.priceAsset === '' ? NUMERAIRE : requireId('asset', request.priceAsset, 'price_asset');
      const record = volatility.find(surfaceKey(underlying, priceAsset));
      if (record === undefined)
        return reject(
          'SURFACE_MISSING',
          `Expected an underlying with a surface, was ${underlying} in ${priceAsset}: see ListSurfaces`,
          { field: 'underlying', reason: 'missing' },
        );
      const { surface, refused } = record;
      return {
        surface,
        refused,
        state: stateOf(surface, marks.at, config),
        ...volatilityAt(request, surface),
      };
    });

export const listSurfaces =
  (config: PricingConfig) =>
  (
    request: pricingMessages.ListSurfacesRequest,
    { volatility, marks }: PricingViews,
  ): pricingMessages.ListSurfacesResponse | Rejection =>
    checked(() => {
      const wanted = request.underlying === '' ? '' : requireId('asset', request.underlying, 'underlying');
      const rows = [...volatility.all()].flatMap(([key, { surface, refused }]) => {
        const source = surface ?? refused;
        if (source === undefined || (wanted !== '' && source.underlying !== wanted)) return [];
        const slices = surface?.slices ?? [];
        return [
          {
            key,
            underlying: source.underlying,
            priceAsset: source.priceAsset,
            atMs: surface?.atMs ?? 0,
            slices: slices.length,
            quotes: slices.reduce((sum, { quotes }) => sum + quotes, 0),
            rootMeanSquare: Math.max(0, ...slices.map((slice) => slice.rootMeanSquare)),
            state: stateOf(surface, marks.at, config),
            refused: refused?.reason ?? '',
          },
        ];
      });
      const { items, ...page } = pageOf(rows, ({ key }) => key, request);
      return { surfaces: items.map(({ key: _, ...row }) => row), ...page };
    });
