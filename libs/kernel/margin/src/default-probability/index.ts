export {
  defaultProbability,
  defaultProbabilityAt,
  type DefaultProbability,
  type FactorMove,
} from './default-probability.ts';
export {
  accountFactors,
  checkTails,
  houseTails,
  type AccountFactors,
  type CorrelationOf,
  type TailParameters,
} from './factors.ts';
export { simulatedProbabilities, type Estimate } from './monte-carlo.ts';
