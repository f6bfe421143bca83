import type { AssetArrays } from './asset-arrays.ts';

/**
 * Haircut of an asset that is not shocked (finance §5): h = clamp(h_min, z·σ·√τ, h_max) + concentration,
 * where τ = τ₀ · max(1, value / depth), depth = participation · ADV · τ₀. The concentration is the growth
 * that √τ brings and the impact of selling, both inside the ceiling h_max.
 *
 * @param value USD, ≥ 0
 * @returns fraction of the value
 */
export const haircutOf = (assets: AssetArrays, asset: number, value: number): number => {
  const base = assets.haircut[asset]!;
  const max = assets.haircutMax[asset]!;
  const depth = assets.haircutDepth[asset]!;
  const grown = value > depth ? Math.max(base, assets.haircutRaw[asset]! * Math.sqrt(value / depth)) : base;
  return Math.min(max, grown + assets.impact[asset]! * Math.sqrt(value));
};
