export {
  contagion,
  houseContagion,
  type Contagion,
  type ContagionParameters,
  type ContagionRound,
  type Fallen,
} from './contagion.ts';
export {
  reverseStress,
  reverseStressHouse,
  type BreachTarget,
  type ReverseStress,
  type ShockNorm,
  type ShockOf,
} from './reverse-stress.ts';
export {
  runStress,
  stressedHouse,
  type StressedAccount,
  type StressedAccounts,
  type StressedHouse,
} from './run-stress.ts';
export { scenarioProblems, type ScenarioProblem, type StressScenario } from './scenario.ts';
export { LARGEST_VENUE, STRESS_SCENARIOS } from './house-scenarios.ts';
