import type { Rejection } from '@plinth/eventing';
import { isRulebook, MARGIN_MODELS, RULEBOOK_NAMES } from '@plinth/margin/models';
import type { riskMessages } from '@plinth/messages';
import { isPeerRulebook } from '@plinth/portfolio';
import type { RiskViews } from '../risk-views.ts';
import { invalid, isRejection } from './account-of.ts';
import { getParameters } from './get-parameters.ts';

export const getRulebook = (
  { rulebook, read }: riskMessages.GetRulebookRequest,
  views: RiskViews,
): riskMessages.GetRulebookResponse | Rejection => {
  if (!isRulebook(rulebook)) return invalid('rulebook', `Expected one of ${RULEBOOK_NAMES.join(', ')}`);
  const { evidence } = MARGIN_MODELS[rulebook];
  if (!isPeerRulebook(rulebook)) {
    const set = getParameters({ read }, views);
    return isRejection(set) ? set : { rulebook, evidence, ...set };
  }
  const { version, json: parametersJson, position } = views.portfolio.rulebooks.setOf(rulebook);
  return { rulebook, evidence, version, parametersJson, position };
};
