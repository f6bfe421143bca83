import { reject, type CommandHandler } from '@plinth/eventing';
import type { riskMessages } from '@plinth/messages';
import { formatCellParameters, parseCellParameters } from '@plinth/portfolio';
import { parametersHistory } from '../domain/parameters-history.ts';
import type { RiskViews } from './risk-views.ts';

type Handler = CommandHandler<riskMessages.SetRiskParametersRequest, RiskViews>;

/** Operators set the next version; the first bound that it breaks is named. */
export const setRiskParameters =
  (cell: string): Handler =>
  ({ version, parametersJson }, _views, { tenant }) => {
    if (tenant !== 'operator') return reject('NOT_ALLOWED', 'Risk parameters are set by operators');
    const { parameters, problems } = parseCellParameters(parametersJson);
    if (parameters === undefined) {
      const [{ field, message }] = problems;
      const path = field === 'parametersJson' ? field : `parametersJson.${field}`;
      return reject('INVALID', `${path}: ${message}`, {
        field: path,
        reason: 'invalid',
        details: { problems: `${problems.length}` },
      });
    }
    const command = { version, parametersJson: formatCellParameters(parameters) };
    return [{ stream: `parameters-${cell}`, decider: parametersHistory, command }];
  };
