import { blackPrice } from './black-76.ts';
import type { Greeks } from './greek-columns.ts';
import { greeksOfOne } from './one-option.ts';
import type { OptionInput } from './option-input.ts';

/** Price of an option settled in its own coin, in coins: the linear price over the forward. */
export const inversePrice = (option: OptionInput): number => blackPrice(option) / option.forward;

/**
 * Price and sensitivities in coins of W = V/F, per unit of the forward (which stays in quote units). In
 * closed form, so that nothing is lost where V/F and ∂V/∂F are close:
 *
 *   ∂W/∂F = df·θ·K·Φ(θ·d₂)/F²                ∂²W/∂F² = df·[K·φ(d₂)/v − 2·θ·K·Φ(θ·d₂)]/F³
 *   ∂W/∂σ = df·φ(d₁)·√T                      ∂²W/∂F∂σ = −df·φ(d₁)·d₁/(F·σ)
 */
export const inverseGreeks = (option: OptionInput): Greeks => greeksOfOne(option, 'inverse');
