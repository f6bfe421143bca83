import { reject, type Rejection } from '@plinth/eventing';
import type { riskMessages } from '@plinth/messages';
import type { RiskViews } from '../risk-views.ts';

export const getParameters = (
  _request: riskMessages.GetParametersRequest,
  { portfolio: { parameters } }: RiskViews,
): riskMessages.GetParametersResponse | Rejection => {
  const { version, json: parametersJson, position } = parameters;
  if (version === 0) return reject('NOT_FOUND', 'Risk parameters are not set yet', { reason: 'missing' });
  return { version, parametersJson, position };
};
