import type { Envelope, Fold } from '@plinth/eventing';
import { EwmaCovariance } from '@plinth/margin';
import { NUMERAIRE } from '@plinth/market';
import { textToFloat } from '@plinth/money';
import { fields } from '@plinth/views';

/** How the prices of assets move together, from every round of marks. */
export class CovarianceView implements Fold {
  readonly name = 'covariance';
  readonly revision = 1;
  readonly #covariance = new EwmaCovariance();

  apply(event: Envelope): void {
    if (event.type !== 'MarksPublished') return;
    const prices = new Map<string, number>();
    for (const { instrumentId, price, state } of event.data.marks) {
      const [asset = '', quote] = instrumentId.split('/');
      // A halted mark stands still: that is not what the asset does.
      if (quote === NUMERAIRE && state !== 'halted') prices.set(asset, textToFloat(price));
    }
    this.#covariance.observe(prices, event.data.atMs);
  }

  /** −1 to 1; of assets that were never seen together the prior of the house. */
  readonly correlation = (a: string, b: string): number => this.#covariance.correlation(a, b);

  *entries(): Iterable<readonly [string, string]> {
    const { sampledAtMs, prices, pairs } = this.#covariance.dump();
    yield ['sampled-at', fields(sampledAtMs)];
    for (const [asset, price] of prices) yield [`price:${asset}`, fields(price)];
    for (const [key, { ii, jj, ij, weight }] of pairs) yield [`pair:${key}`, fields(ii, jj, ij, weight)];
  }

  dump() {
    return this.#covariance.dump();
  }

  load(state: ReturnType<CovarianceView['dump']>): void {
    this.#covariance.load(state);
  }

  reset(): void {
    this.#covariance.reset();
  }
}
