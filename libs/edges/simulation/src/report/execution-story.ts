import type { Envelope } from '@plinth/eventing';
import type { EventData } from '@plinth/messages';
import type { PortfolioView } from '@plinth/portfolio';
import type { CostFigures, OrderFigures } from './figures.ts';

type Placed = Readonly<{ quoteAsset: string; contractSize: number }>;
type Costs = {
  orders: number;
  notional: number;
  shortfall: number;
  fees: number;
  saved: number;
  against: number;
  compared: number;
};

const noCosts = (): Costs => ({
  orders: 0,
  notional: 0,
  shortfall: 0,
  fees: 0,
  saved: 0,
  against: 0,
  compared: 0,
});

/** Recorded decimals as numbers; an absent one is nothing. */
export const numberOf = (text: string): number => (text === '' ? 0 : Number(text));

/** How orders ended and what they cost. */
export class ExecutionStory {
  readonly #view: PortfolioView;
  readonly #open = new Map<string, Placed>();
  readonly #outcomes = new Map<string, number>();
  readonly #costs = { clients: noCosts(), liquidations: noCosts() };
  #placed = 0;
  #fills = 0;
  #unknown = 0;

  constructor(view: PortfolioView) {
    this.#view = view;
  }

  apply(event: Envelope): void {
    switch (event.type) {
      case 'OrderPlaced': {
        const { orderId, quoteAsset, contractSize } = event.data;
        this.#placed += 1;
        this.#open.set(orderId, { quoteAsset, contractSize: numberOf(contractSize) || 1 });
        return;
      }
      case 'ChildFilled':
        this.#fills += 1;
        return;
      case 'ChildOutcomeUnknown':
        this.#unknown += 1;
        return;
      case 'OrderClosed':
        return this.#close(event.data);
      default:
        return;
    }
  }

  #close(data: EventData<'OrderClosed'>): void {
    const { orderId, outcome } = data;
    this.#outcomes.set(outcome, (this.#outcomes.get(outcome) ?? 0) + 1);
    const placed = this.#open.get(orderId);
    this.#open.delete(orderId);
    const filled = numberOf(data.filledQuantity);
    if (placed === undefined || filled === 0) return;
    const rate = this.#view.marks.ofAsset(placed.quoteAsset)?.price ?? 1;
    const costs = this.#costs[data.liquidationId === '' ? 'clients' : 'liquidations'];
    const notional = filled * numberOf(data.arrivalPrice) * placed.contractSize * rate;
    const shortfall = numberOf(data.implementationShortfall) * rate;
    costs.orders += 1;
    costs.notional += notional;
    costs.shortfall += shortfall;
    costs.fees += numberOf(data.fees) * rate;
    // Fair only where the whole of what one venue would have taken was filled.
    if (data.bestSingleVenueCost === '' || outcome !== 'filled') return;
    costs.saved += numberOf(data.bestSingleVenueCost) * rate - shortfall;
    costs.against += notional;
    costs.compared += 1;
  }

  figures(): OrderFigures {
    const count = (outcome: string): number => this.#outcomes.get(outcome) ?? 0;
    return {
      placed: this.#placed,
      refused: count('refused'),
      filled: count('filled'),
      unfilled: count('unfilled'),
      cancelled: count('cancelled'),
      open: this.#open.size,
      fills: this.#fills,
      unknown: this.#unknown,
      clients: costFigures(this.#costs.clients),
      liquidations: costFigures(this.#costs.liquidations),
    };
  }
}

const bps = (cost: number, notional: number): number => (notional === 0 ? 0 : (cost / notional) * 10_000);

const costFigures = ({
  orders,
  notional,
  shortfall,
  fees,
  saved,
  against,
  compared,
}: Costs): CostFigures => ({
  orders,
  notional,
  shortfallBps: bps(shortfall, notional),
  feesBps: bps(fees, notional),
  savedBps: bps(saved, against),
  compared,
});
