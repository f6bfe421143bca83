import { AccountsService, DEFAULT_ACCOUNTS_CONFIG } from '@plinth/accounts';
import type { AnyService } from '@plinth/eventing';
import { interestService } from '@plinth/interest';
import { DEFAULT_LIQUIDATION, liquidationService } from '@plinth/liquidation';
import type { VenueAdapter } from '@plinth/market';
import { PRICING_DEFAULTS, pricingOfCell, pricingService } from '@plinth/pricing';
import { RiskService } from '@plinth/risk';
import { DEFAULT_CONTROLS, DEFAULT_VENUE_TIMEOUT_MS, routingService } from '@plinth/routing';

export const CELL = 'main';

export type BrokerConfig = Readonly<{
  cell: string;
  /** Cell in which marks are judged; this one when it is absent. */
  home?: string;
  adapters: ReadonlyMap<string, VenueAdapter>;
  /** Least time between two rounds of marks. */
  minRoundMs?: number;
  /** How liquidations choose what to trade: a name of the registry of policies. */
  policy?: string;
  /** How long a new withdrawal destination waits. */
  destinationDelayMs?: number | undefined;
}>;

/** Every service of a cell, in the order in which lockstep asks them. */
export const brokerServices = ({
  cell,
  home = cell,
  adapters,
  minRoundMs = PRICING_DEFAULTS.minRoundMs,
  policy = DEFAULT_LIQUIDATION.policy,
  destinationDelayMs = DEFAULT_ACCOUNTS_CONFIG.destinationDelayMs,
}: BrokerConfig): readonly AnyService[] => [
  AccountsService({ ...DEFAULT_ACCOUNTS_CONFIG, cell, destinationDelayMs }),
  pricingService({ ...pricingOfCell(cell, home), minRoundMs }),
  interestService(),
  RiskService({ cell }),
  routingService({ adapters, venueTimeoutMs: DEFAULT_VENUE_TIMEOUT_MS, controls: DEFAULT_CONTROLS }),
  liquidationService({ ...DEFAULT_LIQUIDATION, cell, policy }),
];
