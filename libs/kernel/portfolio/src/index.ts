export * from './assessment.ts';
export { borrowRoom } from './borrow-room.ts';
export { canonicalJson } from './canonical-json.ts';
export * from './cell-parameters.ts';
export { transferHold, withdrawalHold, type Hold } from './holds.ts';
export { conservativePrices, lineOf } from './lines.ts';
export { effectiveParameters } from './effective-parameters.ts';
export * from './margin-figures.ts';
export * from './margin-under.ts';
export * from './portfolio-view.ts';
export { RulebooksView, isPeerRulebook, parseRulebook } from './rulebooks-view.ts';
export { bandOf, dependenciesOf, objectionable } from './price-band.ts';
export { houseCallProbability, type CallProbability } from './optional-parameters.ts';
export {
  flowsOf,
  heldFlows,
  interestFlows,
  keepStanding,
  lendingIndices,
  standingOf,
} from './account-history.ts';
