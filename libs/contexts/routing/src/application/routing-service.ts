import { defineService, type ServiceDefinition } from '@plinth/eventing';
import { cancelOrder, registerVenue, setVenueState } from './commands.ts';
import type { RoutingConfig } from './config.ts';
import { routingEffects } from './effects.ts';
import { placeOrder } from './place-order.ts';
import { getOrder, getOrderCosts, listOrders, listVenues } from './queries.ts';
import { reactToEvent } from './reactions.ts';
import { takeVenueReports } from './report-intake.ts';
import { createViews, type RoutingViews } from './views.ts';
import { effectOf } from './work.ts';

/** Orders from the client's word to the last fill, over all venues. */
export const routingService = (config: RoutingConfig): ServiceDefinition<RoutingViews> =>
  defineService<RoutingViews>({
    name: 'routing',
    owns: ['venue', 'order'],
    views: createViews,
    react: reactToEvent,
    commands: {
      RegisterVenue: registerVenue,
      SetVenueState: setVenueState,
      PlaceOrder: placeOrder(config.controls),
      CancelOrder: cancelOrder,
      TakeVenueReports: takeVenueReports,
    },
    queries: {
      ListVenues: listVenues,
      GetOrder: getOrder,
      ListOrders: listOrders,
      GetOrderCosts: getOrderCosts,
    },
    effects: routingEffects(config),
    unresolved: (views) =>
      [...views.watch.items()].flatMap((item) => effectOf(views, item, 'take-over') ?? []),
    nextDue: (views) => views.watch.nextDue(),
  });
