import { openMarketData, type MarketData } from '@plinth/connectors';
import { houseParameters, type RiskParameters } from '@plinth/margin';
import { assert } from '@plinth/money';
import { judgeChains, type ChainRow } from '../chains/judge-chains.ts';
import { fundingRatesOf, type FundingRates } from '../data/funding.ts';
import { historyOf, type History } from '../data/history.ts';
import { LIMITS } from '../limits.ts';
import { judgeByFlatRates } from '../models/cross-simple.ts';
import { judgeByHouse } from '../models/house.ts';
import { judgeVenuesApart } from '../models/house-by-venue.ts';
import { judgeByRulebook, PEER_NAMES } from '../models/rulebooks.ts';
import { spanGridParameters } from '../models/span-grid.ts';
import type { BacktestFigures, DataSetFigures, Role } from './figures.ts';
import { goalsOf } from './goals.ts';
import { drawSample, type Sample, type SampleOptions } from './sample.ts';
import { Tally } from './tally.ts';
import { stageOf } from './world.ts';

export type Folder = Readonly<{ name: string; path: string }>;

export type BacktestOptions = SampleOptions &
  Readonly<{
    folders: readonly Folder[];
    /** Data sets that parameters are fitted to; all others test them. */
    calibrationSets: readonly string[];
    /** Share of books that has to be covered. */
    goal: number;
    parameters?: RiskParameters;
    /** Told before each data set is read; awaited, so that it can show itself. */
    onProgress?: (done: number, what: string) => Promise<void> | void;
    /** Told of every row that was not used, after its data set was read. */
    onData?: (name: string, data: MarketData) => void;
  }>;

/**
 * The sets whose crashes fit the parameters: the two first crashes of prices, and the one of a stablecoin,
 * without which nothing would be known of venues that pay in it.
 */
export const CALIBRATION_SETS: readonly string[] = [
  'crash-2020-03-12',
  'crash-2021-05-19',
  'usdc-depeg-2023-03',
];

const SCOPES = ['calibration', 'test', 'all'] as const;

/** Reads every folder that has prices and hands its sample on; only one is in memory at a time. */
export async function* samplesOf(
  options: BacktestOptions,
): AsyncGenerator<Readonly<{ folder: Folder; data: MarketData; sample: Sample | undefined }>> {
  const rates = allFunding(options.folders);
  let books = 0;
  for (const [n, folder] of options.folders.entries()) {
    await options.onProgress?.(n, folder.name);
    const data = openMarketData(folder.path);
    const history = historyOf(folder.name, data, rates);
    options.onData?.(folder.name, data);
    const sample = history && drawSample(history, options);
    books += sample?.books.length ?? 0;
    assert(books <= LIMITS.books, `Expected at most ${LIMITS.books} books, was more: ask for fewer a style`);
    yield { folder, data, sample };
  }
  await options.onProgress?.(options.folders.length, 'done');
}

/** Funding may lie in a folder of its own: it is looked up by venue and coin. */
const allFunding = (folders: readonly Folder[]): FundingRates =>
  new Map(folders.flatMap(({ path }) => [...fundingRatesOf(openMarketData(path))]));

/** The walk forward over all data sets: every model on the same books. */
export const runBacktest = async (options: BacktestOptions): Promise<BacktestFigures> => {
  const parameters = options.parameters ?? houseParameters;
  const tally = new Tally(options.goal);
  const dataSets: DataSetFigures[] = [];
  const unused: string[] = [];
  const chains: ChainRow[] = [];
  for await (const { folder, data, sample } of samplesOf(options)) {
    if (sample === undefined) {
      const judged = judgeChains(folder.path, parameters, options);
      chains.push(...judged);
      if (judged.length === 0) unused.push(folder.name);
      continue;
    }
    const role: Role = options.calibrationSets.includes(folder.name) ? 'calibration' : 'test';
    // Losses over a minute are no proof of a margin for hours: such a set stands by itself.
    const isSummed = sample.horizonSteps * sample.history.stepMs >= options.horizonMs;
    dataSets.push(dataSetOf(sample, data, role, isSummed));
    const stage = stageOf(sample);
    const house = judgeByHouse(stage, parameters);
    const models = [
      house,
      judgeByFlatRates(sample),
      judgeByHouse(stage, spanGridParameters(parameters), 'span-grid'),
      judgeVenuesApart(sample, parameters),
      ...PEER_NAMES.map((name) => judgeByRulebook(sample, name)),
    ];
    const scopes = isSummed ? [folder.name, role, 'all'] : [folder.name];
    tally.add(sample, scopes, house, models, isSummed);
  }
  const rows = tally.rows([...dataSets.map(({ dataSet }) => dataSet), ...SCOPES]);
  const venues = tally.venues();
  const { seed, booksPerStyle, momentsMax, horizonMs, goal } = options;
  const books = dataSets.reduce((sum, set) => sum + set.books, 0);
  return {
    run: { parameters: parameters.version, seed, booksPerStyle, momentsMax, horizonMs, goal, books },
    goals: goalsOf(rows, venues, goal),
    dataSets,
    chains,
    unused,
    rows,
    venues,
    parts: tally.parts(),
    refusals: tally.refusals(),
  };
};

const dataSetOf = (sample: Sample, { broken }: MarketData, role: Role, isSummed: boolean): DataSetFigures => {
  const { history, horizonSteps, moments, books, unobserved } = sample;
  return {
    dataSet: history.name,
    role,
    isSummed,
    from: timeOf(history, 0),
    to: timeOf(history, -1),
    stepMs: history.stepMs,
    horizonMs: horizonSteps * history.stepMs,
    series: history.lines.length,
    moments,
    books: books.length,
    unobserved,
    brokenRows: broken.total,
    notes: history.notes,
  };
};

const timeOf = ({ times }: History, at: number): string => {
  const time = times.at(at);
  return time === undefined ? '' : new Date(time).toISOString().slice(0, 16);
};
