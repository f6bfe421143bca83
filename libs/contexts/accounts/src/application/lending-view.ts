import { refill, type Envelope, type Fold } from '@plinth/eventing';
import { amountOf, amountText } from '../domain/ledger-amount.ts';

/** Of all the cash that every pool granted: how much has left it up to here. At ledger scale, by asset. */
export class LendingView implements Fold {
  readonly name = 'accounts-lending';
  readonly revision = 1;
  readonly #reflected = new Map<string, bigint>();

  apply(event: Envelope): void {
    if (event.type !== 'PoolRedeemed' || event.data.granted === '') return;
    const { asset, granted } = event.data;
    this.#reflected.set(asset, this.reflected(asset) + amountOf(granted, 'granted'));
  }

  reflected(asset: string): bigint {
    return this.#reflected.get(asset) ?? 0n;
  }

  *entries(): Iterable<readonly [string, string]> {
    for (const [asset, amount] of this.#reflected) yield [`reflected:${asset}`, amountText(amount)];
  }

  dump() {
    return { reflected: this.#reflected };
  }

  load(state: ReturnType<LendingView['dump']>): void {
    refill(this.#reflected, state.reflected);
  }

  reset(): void {
    this.#reflected.clear();
  }
}
