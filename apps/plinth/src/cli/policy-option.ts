import { Option } from 'commander';
import { CliError, EXIT } from './exit-codes.ts';

const OWN = 'cheapest-legs';

/** How liquidations choose what to trade; the others are baselines to compare with. */
export const policyOption = (): Option =>
  new Option('--policy <name>', 'policy of liquidations: cheapest-legs, or a baseline').default(OWN);

/**
 * What the policy adds to the identity of a run: nothing for the own one, so that earlier runs stay the same.
 */
export const chosenPolicy = async (policy: string): Promise<Readonly<{ policy?: string }>> => {
  const { POLICIES } = await import('@plinth/liquidation');
  if (!POLICIES.has(policy)) {
    const known = [...POLICIES.keys()].join(', ');
    throw new CliError(EXIT.usage, `--policy ${policy}: Expected one of ${known}`);
  }
  return policy === OWN ? {} : { policy };
};
