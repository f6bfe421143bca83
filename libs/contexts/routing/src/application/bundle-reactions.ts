import type { Intent } from '@plinth/eventing';
import { decimalOf } from '@plinth/money';
import { bundleDecider, bundleEnd, type BundleCommand, type LegEnd } from '../domain/bundle.ts';
import type { RoutingViews } from './views.ts';

export const bundleIntent = (bundleId: string, command: BundleCommand): Intent<BundleCommand> => ({
  stream: `bundle-${bundleId}`,
  decider: bundleDecider,
  command,
});

/** The last leg has closed: the bundle is done. */
export const closeBundle = (orderId: string, views: RoutingViews): readonly Intent[] => {
  const { bundleId } = views.orders.order(orderId)?.state.placed ?? { bundleId: '' };
  const bundle = bundleId === '' ? undefined : views.bundles.bundle(bundleId);
  if (bundle === undefined || bundle.closed !== undefined) return [];
  const ends: LegEnd[] = [];
  for (const leg of bundle.placed.legs) {
    const record = views.orders.order(leg.orderId);
    if (record?.closed === undefined) return [];
    const { outcome, reason, filledQuantity, averagePrice } = record.closed;
    const { contractSize } = record.state.placed;
    ends.push({ leg, outcome, reason, filled: decimalOf(filledQuantity), averagePrice, contractSize });
  }
  return [bundleIntent(bundleId, { kind: 'close', closed: bundleEnd(bundle.placed, ends) })];
};
