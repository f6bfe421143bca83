export { decays, deviations, inverseGreeks, linearGreeks, locate, values } from './black';
export { tails } from './tails';
export { highStep, lowStep, middleStep, place } from './volatility';
export { valueAccounts } from './accounts';
