import { ACCOUNT, flag, oneOf, optional, text, type Call } from '../call.ts';
import { wholeNumber } from '../../cli/arguments.ts';
import { oneScenario, scenarioFile } from '../scenario-file.ts';

const SUBJECT = optional('account', 'accountId', 'account id; absent with --house');
const HOUSE = flag('--house', 'house', 'all accounts together, with the insurance fund (operators)');

export const STRESS_CALLS: readonly Call[] = [
  {
    name: 'margin pd',
    about: 'probability that the account’s equity is negative at the end of its liquidation horizon',
    method: 'Margin.GetDefaultProbability',
    args: [ACCOUNT],
  },
  {
    name: 'margin watch',
    about: 'accounts most likely to default first (operators)',
    method: 'Operations.ListWatch',
    rows: 'accounts',
  },
  {
    name: 'stress scenarios',
    about: 'the scenarios in force, with where their figures come from',
    method: 'Margin.GetStressScenarios',
  },
  {
    name: 'stress run',
    about: 'an account, or the house with its insurance fund, under named scenarios',
    method: 'Margin.GetStress',
    args: [SUBJECT],
    options: [
      HOUSE,
      {
        ...text('--scenarios <file>', 'scenarios', 'JSON list of scenarios (default: the set in force)'),
        parse: scenarioFile,
      },
      {
        ...text('--accounts <n>', 'accounts', 'of the house: accounts shown per scenario (default 20)'),
        parse: wholeNumber(0, 200),
      },
    ],
  },
  {
    name: 'stress reverse',
    about: 'the smallest joint shock that is fatal: to an account, or to the house and its fund',
    method: 'Margin.GetReverseStress',
    args: [SUBJECT],
    options: [
      HOUSE,
      text('--target <target>', 'target', 'of an account: maintenance or zero (default: maintenance)'),
      oneOf('--norm <norm>', 'norm', 'size of a shock', ['mahalanobis', 'sup'], 'mahalanobis'),
    ],
  },
  {
    name: 'stress contagion',
    about: 'a venue fails: who falls, and who follows by what their selling does to prices (operators)',
    method: 'Operations.GetContagion',
    args: [optional('venue', 'venueId', 'the venue that fails; absent when a scenario says what happens')],
    options: [
      {
        ...text('--scenario <file>', 'scenario', 'what else happens: JSON list of one scenario'),
        parse: oneScenario,
      },
      text('--permanence <share>', 'permanence', 'share of the cost that prices keep (default 0.5)'),
    ],
  },
];
