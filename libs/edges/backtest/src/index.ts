export { STYLES, STYLE_TEXTS, type Style } from './books/styles.ts';
export {
  CALIBRATION_SETS,
  runBacktest,
  samplesOf,
  type BacktestOptions,
  type Folder,
} from './run/backtest.ts';
export { calibrateOn, type CalibrationFigures } from './run/calibration-run.ts';
export type * from './run/figures.ts';
export { backtestHtml } from './report/backtest-page.ts';
export { backtestTables } from './report/backtest-tables.ts';
export { calibrationTables } from './report/calibration-tables.ts';
