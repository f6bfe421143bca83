import { LedgerView, MarksView, PositionsView, ReferenceView } from '@plinth/views';
import { OrdersView } from './views/orders.ts';
import { VenueExposureView, VenueHealthView } from './views/venues.ts';
import { WatchView } from './views/watch.ts';

export type RoutingViews = Readonly<{
  reference: ReferenceView;
  ledger: LedgerView;
  positions: PositionsView;
  marks: MarksView;
  orders: OrdersView;
  watch: WatchView;
  health: VenueHealthView;
  exposure: VenueExposureView;
}>;

export const createViews = (): RoutingViews => ({
  reference: new ReferenceView(),
  ledger: new LedgerView(),
  positions: new PositionsView(),
  marks: new MarksView(),
  orders: new OrdersView(),
  watch: new WatchView(),
  health: new VenueHealthView(),
  exposure: new VenueExposureView(),
});
