export * from './application/config.ts';
export { observeDepth } from './application/depth-intake.ts';
export { reportMessage, takeReports } from './application/report-intake.ts';
export { routingService } from './application/routing-service.ts';
export type { RoutingViews } from './application/views.ts';
export { bestSplit, bestSingleVenue, type Split } from './domain/best-split.ts';
export { bookProblem, costCurveOf, prepareSplit, type VenueBook, type VenueTerms } from './domain/books.ts';
export { LIMITS as ROUTING_LIMITS } from './domain/limits.ts';
export { createWorkspace, type SplitProblem } from './domain/split.ts';
