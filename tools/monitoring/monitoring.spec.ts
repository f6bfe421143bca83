import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../house/workspace.ts';
import { DASHBOARDS } from './dashboards.ts';
import { ofChosenCell } from './panels.ts';
import { monitoringFiles, readRules } from './outputs.ts';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** Instruments of docs/metrics.md, by name. */
const METRICS = new Map(
  [...read('docs/metrics.md').matchAll(/^\| `(\w+)` \| (\w+) \|([^|]*)\|/gm)].map(
    ([, name = '', kind = '', labels = '']) => [name, { kind, labels: labels.match(/\w+/g) ?? [] }] as const,
  ),
);

/** Figures of others: of Prometheus itself, of the kubelet and of CloudNativePG. */
const FOREIGN = new Set([
  ...['up', 'ALERTS', 'cnpg_collector_last_available_backup_timestamp'],
  ...['kubelet_volume_stats_available_bytes', 'kubelet_volume_stats_capacity_bytes'],
]);

const RECORDED = new Set(readRules().flatMap(({ record }) => (record === undefined ? [] : [record])));

/** Names that a query reads and nobody makes, and labels that their instrument does not have. */
const problemsOf = (expr: string): readonly string[] => {
  const problems: string[] = [];
  for (const [, name = '', selector = ''] of expr.matchAll(
    /\b((?:plinth_|plinth:|kubelet_|cnpg_)[\w:]+|up|ALERTS)\b(?:\{([^}]*)\})?/g,
  )) {
    if (FOREIGN.has(name) || RECORDED.has(name)) continue;
    const base = METRICS.has(name) ? name : name.replace(/_(bucket|count|sum)$/, '');
    const metric = METRICS.get(base);
    const isPart = base !== name;
    if (metric === undefined || isPart !== (metric.kind === 'histogram')) problems.push(name);
    for (const [, label = ''] of selector.matchAll(/(\w+)\s*[=!]/g)) {
      const known: readonly string[] = [...(metric?.labels ?? []), 'le', 'job', 'instance'];
      if (!known.includes(label)) problems.push(`${name}{${label}}`);
    }
  }
  return problems;
};

/** A program of the machine, or one that the check has unpacked; undefined where there is none. */
const programOf = (name: string): string | undefined => {
  try {
    execFileSync(name, ['--version'], { stdio: 'ignore' });
    return name;
  } catch {
    const own = join(ROOT, '.plinth', 'prometheus', 'usr', 'bin', name);
    return existsSync(own) ? own : undefined;
  }
};

const promtool = programOf('promtool');
const amtool = programOf('amtool');

if (amtool === undefined) it.skip('no amtool on PATH: who is woken was not asked of it', () => undefined);

if (promtool === undefined)
  it.skip('no promtool on PATH: rules and their tests were not run by it', () => undefined);

describe('what watches a cell', () => {
  it('is committed as it is made', () => {
    for (const [path, text] of monitoringFiles()) expect([path, read(path)]).toEqual([path, text]);
  });

  it('reads only what an instrument makes', () => {
    const dashboards = DASHBOARDS.flatMap(({ panels }) => panels).flatMap(({ queries }) => queries);
    const exprs = [...dashboards, ...readRules()].map(({ expr }) => expr);
    expect(exprs.length).toBeGreaterThan(100);
    expect(exprs.flatMap(problemsOf)).toEqual([]);
  });

  it('finds a metric that nobody makes, and a label that a metric does not have', () => {
    expect(problemsOf('max(plinth_risk_accountz)')).toEqual(['plinth_risk_accountz']);
    expect(problemsOf('plinth_log_append_duration_ms')).toEqual(['plinth_log_append_duration_ms']);
    expect(problemsOf('plinth_risk_accounts{sate="call"}')).toEqual(['plinth_risk_accounts{sate}']);
  });

  it('shows the cells that are chosen, by every figure that a process gives', () => {
    expect(ofChosenCell('sum by (service) (rate(plinth_a_total{code="X"}[5m])) + plinth_b')).toBe(
      'sum by (service) (rate(plinth_a_total{cell=~"$cell",code="X"}[5m])) + plinth_b{cell=~"$cell"}',
    );
    expect(ofChosenCell('sum by (job) (up{job=~"plinth.*"})')).toBe(
      'sum by (job) (up{cell=~"$cell",job=~"plinth.*"})',
    );
    expect(ofChosenCell('plinth:gateway_error_ratio:1h')).toBe('plinth:gateway_error_ratio:1h');
    for (const { uid } of DASHBOARDS) {
      const board = read(`deploy/grafana/dashboards/${uid}.json`);
      expect(board).toContain('label_values(plinth_runtime_leader, cell)');
      const figures = [...board.matchAll(/"expr": "(.*)"/g)].flatMap(
        ([, expr = '']) => expr.match(/\bplinth_\w+.{0,6}/g) ?? [],
      );
      expect(figures.filter((figure) => !figure.includes('{cell='))).toEqual([]);
    }
  });

  it('has a runbook for every alert, and an alert for every runbook', () => {
    const named = readRules().flatMap(({ annotations }) => annotations?.['runbook'] ?? []);
    const written = readdirSync(join(ROOT, 'docs/runbooks')).filter((name) => name !== 'README.md');
    expect([...new Set(named)].sort()).toEqual(written.map((name) => `docs/runbooks/${name}`).sort());
    for (const name of written) {
      const text = read(`docs/runbooks/${name}`);
      for (const heading of ['## What it means', '## At stake', '## Look', '## Do', '## It is over when'])
        expect([name, text.includes(`\n${heading}\n`)]).toEqual([name, true]);
    }
  });

  it('proves of every alert that it fires and that it is silent', () => {
    const tests = read('deploy/prometheus/alerts.test.yml');
    for (const { alert } of readRules().filter((rule) => rule.alert !== undefined)) {
      for (const what of ['fires', 'is silent']) expect(tests).toContain(`- name: ${alert} ${what}\n`);
    }
  });

  (promtool === undefined ? it.skip : it)(
    'is understood by Prometheus, and its alerts pass their tests',
    () => {
      const run = (...given: readonly string[]): string =>
        execFileSync(promtool ?? '', given, { cwd: join(ROOT, 'deploy/prometheus'), encoding: 'utf8' });
      expect(run('check', 'config', 'prometheus.yml')).toContain('SUCCESS');
      expect(run('test', 'rules', 'alerts.test.yml')).toContain('SUCCESS');
    },
    120_000,
  );

  (promtool === undefined ? it.skip : it)('shows queries that Prometheus can parse', () => {
    const queries = DASHBOARDS.flatMap(({ panels }) => panels).flatMap((panel) => panel.queries);
    const parsed = (exprs: readonly string[]): string => {
      const rules = exprs.map((expr, n) => ({ record: `panel:${n}`, expr }));
      const directory = mkdtempSync(join(tmpdir(), 'plinth-panels-'));
      const path = join(directory, 'rules.yml');
      try {
        writeFileSync(path, JSON.stringify({ groups: [{ name: 'panels', rules }] }));
        return execFileSync(promtool ?? '', ['check', 'rules', path], { encoding: 'utf8', stdio: 'pipe' });
      } finally {
        rmSync(directory, { recursive: true });
      }
    };
    expect(parsed(queries.map(({ expr }) => expr))).toContain(`${queries.length} rules found`);
    expect(() => parsed(['sum(rate(plinth_log_head_events[5m])'])).toThrow('unclosed left parenthesis');
  });

  (amtool === undefined ? it.skip : it)('wakes somebody for a page, and writes a ticket for the rest', () => {
    const directory = mkdtempSync(join(tmpdir(), 'plinth-alertmanager-'));
    const path = join(directory, 'alertmanager.yml');
    const files = /url_file: \/etc\/alertmanager\/secrets\/(pager-url|tickets-url)/g;
    const text = read('deploy/prometheus/alertmanager.yml');
    try {
      // The addresses are secrets, and amtool of some age knows no files of them.
      expect([...text.matchAll(files)].map(([, name]) => name)).toEqual(['pager-url', 'tickets-url']);
      writeFileSync(path, text.replace(files, 'url: http://127.0.0.1:1/$1'));
      const run = (...given: readonly string[]): string =>
        execFileSync(amtool ?? '', given, { encoding: 'utf8', stdio: 'pipe' }).trim();
      expect(run('check-config', path)).toContain('SUCCESS');
      const receiverOf = (severity: string): string =>
        run('config', 'routes', 'test', `--config.file=${path}`, `severity=${severity}`, 'alertname=X');
      expect([receiverOf('page'), receiverOf('ticket')]).toEqual(['pager', 'tickets']);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
