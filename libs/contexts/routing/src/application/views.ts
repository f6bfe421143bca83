import { DepthView, LedgerView, MarksView, PositionsView, ProductsView, ReferenceView } from '@plinth/views';
import { BundlesView } from './views/bundles.ts';
import { ExpiringOrdersView } from './views/expiring-orders.ts';
import { OrdersView } from './views/orders.ts';
import { VenueExposureView, VenueHealthView } from './views/venues.ts';
import { WatchView } from './views/watch.ts';

export type RoutingViews = Readonly<{
  reference: ReferenceView;
  ledger: LedgerView;
  positions: PositionsView;
  marks: MarksView;
  orders: OrdersView;
  products: ProductsView;
  bundles: BundlesView;
  expiring: ExpiringOrdersView;
  watch: WatchView;
  health: VenueHealthView;
  exposure: VenueExposureView;
  depth: DepthView;
}>;

export const createViews = (): RoutingViews => ({
  reference: new ReferenceView(),
  ledger: new LedgerView(),
  positions: new PositionsView(),
  marks: new MarksView(),
  orders: new OrdersView(),
  products: new ProductsView(),
  bundles: new BundlesView(),
  expiring: new ExpiringOrdersView(),
  watch: new WatchView(),
  health: new VenueHealthView(),
  exposure: new VenueExposureView(),
  depth: new DepthView(),
});
