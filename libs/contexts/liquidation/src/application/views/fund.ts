import { refill, type Envelope, type Fold } from '@plinth/eventing';
import { addDecimal, decimalOf, formatDecimal, ZERO } from '@plinth/money';
import type { Decimal } from '@plinth/money';
import { fields } from '@plinth/views';

export type FundLine = Readonly<{
  balance: string;
  capitalIn: Decimal;
  feesIn: Decimal;
  /** Net of what was returned. */
  paidOut: Decimal;
  uncovered: Decimal;
}>;

const EMPTY: FundLine = { balance: '0', capitalIn: ZERO, feesIn: ZERO, paidOut: ZERO, uncovered: ZERO };

/** The insurance fund by asset: Δ balance = capital + fees − paid out. */
export class FundView implements Fold {
  readonly name = 'fund';
  readonly revision = 1;
  readonly #lines = new Map<string, FundLine>();
  shortfalls = 0;

  apply(event: Envelope): void {
    if (event.type === 'FundCredited') {
      const { asset, purpose, fundAfter } = event.data;
      const amount = decimalOf(event.data.amount);
      const line = this.#lines.get(asset) ?? EMPTY;
      const change =
        purpose === 'capital'
          ? { capitalIn: addDecimal(line.capitalIn, amount) }
          : purpose === 'fee'
            ? { feesIn: addDecimal(line.feesIn, amount) }
            : { paidOut: line.paidOut.minus(amount) };
      this.#lines.set(asset, { ...line, ...change, balance: fundAfter });
    }
    if (event.type === 'ShortfallCovered') {
      const { asset, amount, uncovered, fundAfter } = event.data;
      const line = this.#lines.get(asset) ?? EMPTY;
      this.shortfalls += 1;
      this.#lines.set(asset, {
        ...line,
        balance: fundAfter,
        paidOut: addDecimal(line.paidOut, decimalOf(amount)),
        uncovered: addDecimal(line.uncovered, decimalOf(uncovered)),
      });
    }
  }

  lines(): ReadonlyMap<string, FundLine> {
    return this.#lines;
  }

  *entries(): Iterable<readonly [string, string]> {
    yield ['shortfalls', fields(this.shortfalls)];
    for (const [asset, line] of this.#lines) {
      const { capitalIn, feesIn, paidOut, uncovered } = line;
      const sums = [capitalIn, feesIn, paidOut, uncovered].map(formatDecimal);
      yield [`fund:${asset}`, fields(line.balance, ...sums)];
    }
  }

  dump() {
    return { lines: this.#lines, shortfalls: this.shortfalls };
  }

  load(state: ReturnType<FundView['dump']>): void {
    refill(this.#lines, state.lines);
    this.shortfalls = state.shortfalls;
  }

  reset(): void {
    this.#lines.clear();
    this.shortfalls = 0;
  }
}
