import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from '../house/workspace.ts';
import { DASHBOARDS } from './dashboards.ts';
import { dashboardJson } from './panels.ts';

export const RULES = 'deploy/prometheus/alerts.yml';

const text = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

export type Rule = Readonly<{
  alert?: string;
  record?: string;
  expr: string;
  annotations?: Readonly<Record<string, string>>;
}>;

export const readRules = (): readonly Rule[] => {
  const { groups } = parse(text(RULES)) as Readonly<{
    groups: readonly Readonly<{ rules: readonly Rule[] }>[];
  }>;
  return groups.flatMap(({ rules }) => rules);
};

/** The rules as the Prometheus operator takes them: the same file, further in. */
const prometheusRule = (): string => {
  const rules = text(RULES)
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .map((line) => (line === '' ? '' : `  ${line}`))
    .join('\n');
  return [
    `# Made from ${RULES} by npm run monitoring:generate: change that.`,
    'apiVersion: monitoring.coreos.com/v1',
    'kind: PrometheusRule',
    'metadata:',
    '  name: plinth',
    '  labels: { app.kubernetes.io/part-of: plinth }',
    'spec:',
    rules,
  ].join('\n');
};

/** Every file that is made here, by its path. */
export const monitoringFiles = (): ReadonlyMap<string, string> =>
  new Map([
    ...DASHBOARDS.map((dashboard): readonly [string, string] => [
      `deploy/grafana/dashboards/${dashboard.uid}.json`,
      `${JSON.stringify(dashboardJson(dashboard), undefined, 2)}\n`,
    ]),
    ['k8s/monitoring/prometheus-rule.yaml', prometheusRule()],
  ]);
