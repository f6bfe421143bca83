import { defineService, type ServiceDefinition } from '@plinth/eventing';
import { cancelOrder, registerVenue, setVenueFees, setVenueState } from './commands.ts';
import type { RoutingConfig } from './config.ts';
import { observeVenueDepth } from './depth-intake.ts';
import { listVenueDepth } from './depth-query.ts';
import { routingEffects } from './effects.ts';
import { placeOrder } from './place-order.ts';
import { placeProductOrder } from './place-product-order.ts';
import { getProductOrder } from './product-queries.ts';
import { getOrder, getOrderCosts, listOrders, listVenues } from './queries.ts';
import { reactToEvent } from './reactions.ts';
import { takeVenueReports } from './report-intake.ts';
import { createViews, type RoutingViews } from './views.ts';
import { effectOf } from './work.ts';
import { routingFigures } from './routing-figures.ts';

/** Orders from the client's word to the last fill, over all venues. */
export const routingService = (config: RoutingConfig): ServiceDefinition<RoutingViews> =>
  defineService<RoutingViews>({
    name: 'routing',
    owns: ['venue', 'depth', 'order', 'bundle'],
    views: createViews,
    react: reactToEvent,
    commands: {
      RegisterVenue: registerVenue,
      SetVenueState: setVenueState,
      SetVenueFees: setVenueFees,
      PlaceOrder: placeOrder(config.controls),
      PlaceProductOrder: placeProductOrder(config.controls),
      CancelOrder: cancelOrder,
      TakeVenueReports: takeVenueReports,
      ObserveVenueDepth: observeVenueDepth,
    },
    figures: routingFigures,
    queries: {
      ListVenues: listVenues,
      ListVenueDepth: listVenueDepth,
      GetOrder: getOrder,
      GetProductOrder: getProductOrder,
      ListOrders: listOrders,
      GetOrderCosts: getOrderCosts,
    },
    effects: routingEffects(config),
    unresolved: (views) =>
      [...views.watch.items()].flatMap((item) => effectOf(views, item, 'take-over') ?? []),
    nextDue: ({ watch, expiring }) => {
      const due = [watch.nextDue(), expiring.nextDue()].filter((at) => at !== undefined);
      return due.length === 0 ? undefined : Math.min(...due);
    },
  });
