import { reject, type CommandHandler } from '@plinth/eventing';
import type { riskMessages } from '@plinth/messages';
import { VENUE_RULEBOOKS, FLAT_RULEBOOK } from '@plinth/market';
import { isPeerRulebook, parseRulebook } from '@plinth/portfolio';
import { rulebookHistory } from '../domain/rulebook-history.ts';
import type { RiskViews } from './risk-views.ts';

/** Operators set the next version of a rulebook's parameters; the first thing that is wrong is named. */
export const setRulebookParameters: CommandHandler<riskMessages.SetRulebookParametersRequest, RiskViews> = (
  { rulebook, version, parametersJson },
  _views,
  { tenant },
) => {
  if (tenant !== 'operator') return reject('NOT_ALLOWED', 'Rulebook parameters are set by operators');
  if (!isPeerRulebook(rulebook)) {
    const known = VENUE_RULEBOOKS.filter((name) => name !== FLAT_RULEBOOK).join(', ');
    const remedy = 'the parameters of house are set with SetRiskParameters';
    return reject('INVALID', `rulebook: Expected one of ${known}; ${remedy}`, {
      field: 'rulebook',
      reason: 'invalid',
    });
  }
  const { json, problem } = parseRulebook(rulebook, parametersJson);
  if (problem !== undefined) {
    const field = `parametersJson.${problem.field}`;
    return reject('INVALID', `${field}: ${problem.message}`, { field, reason: 'invalid' });
  }
  const command = { rulebook, version, parametersJson: json };
  return [{ stream: `rulebook-${rulebook}`, decider: rulebookHistory, command }];
};
