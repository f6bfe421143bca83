import type { Envelope } from '@plinth/eventing';
import { exact, text } from '../auditor/decimal-text.ts';
import type { FundingFigures, InterestFigures } from './figures.ts';

type Interest = {
  settlements: number;
  borrowers: bigint;
  lenders: bigint;
  reserve: bigint;
  rounding: bigint;
};
type Funding = { payments: number; received: bigint; paid: bigint };

/** Interest and funding by asset, and the insurance fund. */
export class CreditStory {
  readonly #interest = new Map<string, Interest>();
  readonly #funding = new Map<string, Funding>();
  readonly #fund = new Map<string, string>();

  apply(event: Envelope): void {
    switch (event.type) {
      case 'InterestDistributed': {
        const { asset, borrowerInterest, lenderInterest, reserve, rounding } = event.data;
        const sum = this.#interest.get(asset) ?? {
          settlements: 0,
          borrowers: 0n,
          lenders: 0n,
          reserve: 0n,
          rounding: 0n,
        };
        sum.settlements += 1;
        sum.borrowers += exact(borrowerInterest);
        sum.lenders += exact(lenderInterest);
        sum.reserve += exact(reserve);
        sum.rounding += exact(rounding);
        this.#interest.set(asset, sum);
        return;
      }
      case 'FundingPosted': {
        const { asset, amount } = event.data;
        const sum = this.#funding.get(asset) ?? { payments: 0, received: 0n, paid: 0n };
        const units = exact(amount);
        sum.payments += 1;
        if (units > 0n) sum.received += units;
        else sum.paid -= units;
        this.#funding.set(asset, sum);
        return;
      }
      case 'FundCredited':
      case 'ShortfallCovered':
        this.#fund.set(event.data.asset, event.data.fundAfter);
        return;
      default:
        return;
    }
  }

  interest(): readonly InterestFigures[] {
    return [...this.#interest].map(([asset, { settlements, borrowers, lenders, reserve, rounding }]) => ({
      asset,
      settlements,
      borrowers: text(borrowers),
      lenders: text(lenders),
      reserve: text(reserve),
      rounding: text(rounding),
      difference: text(borrowers - lenders - reserve - rounding),
    }));
  }

  funding(): readonly FundingFigures[] {
    return [...this.#funding].map(([asset, { payments, received, paid }]) => ({
      asset,
      payments,
      received: text(received),
      paid: text(paid),
      net: text(received - paid),
    }));
  }

  fund(): readonly Readonly<{ asset: string; amount: string }>[] {
    return [...this.#fund].map(([asset, amount]) => ({ asset, amount }));
  }
}
