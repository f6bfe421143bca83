import type { Dashboard, Panel } from './panels.ts';

type Query = readonly [expr: string, legend?: string];

const panel = (kind: 'timeseries' | 'stat', title: string, unit: string, ...queries: Query[]): Panel => ({
  ...{ kind, title, unit },
  queries: queries.map(([expr, legend]) => (legend === undefined ? { expr } : { expr, legend })),
});
const graph = (title: string, unit: string, ...queries: Query[]): Panel =>
  panel('timeseries', title, unit, ...queries);
const stat = (title: string, unit: string, expr: string): Panel => panel('stat', title, unit, [expr]);

const quantile = (q: number, metric: string, by: string): string =>
  `histogram_quantile(${q}, sum by (${by}, le) (rate(${metric}_bucket[5m])))`;

/** Folds are the same on every replica: the largest is taken, never the sum. */
const fold = (metric: string, ...by: string[]): string =>
  by.length === 0 ? `max(${metric})` : `max by (${by.join(', ')}) (${metric})`;

const rate = (metric: string, ...by: string[]): string => `sum by (${by.join(', ')}) (rate(${metric}[5m]))`;

/** What those who run a cell look at; every query is checked against docs/metrics.md. */
export const DASHBOARDS: readonly Dashboard[] = [
  {
    uid: 'plinth-slo',
    title: 'Plinth: service levels',
    panels: [
      stat('Calls that fail by our fault, 1 h', 'percentunit', 'plinth:gateway_error_ratio:1h'),
      stat('Calls over 200 ms, 1 h', 'percentunit', 'plinth:gateway_slow_ratio:1h'),
      stat('Furthest behind the log', 'short', 'max(plinth_runtime_lag_events)'),
      stat('Broken invariants', 'short', 'sum(max by (invariant) (plinth_audit_breaches_total))'),
      graph('Alerts', 'short', [
        'sum by (alertname, severity) (ALERTS{alertstate="firing"})',
        '{{alertname}}',
      ]),
      graph('Calls by code', 'reqps', [rate('plinth_gateway_requests_total', 'code'), '{{code}}']),
      graph('Processes that answer', 'short', ['sum by (job) (up{job=~"plinth.*"})', '{{job}}']),
      graph('Commands by outcome', 'ops', [rate('plinth_runtime_commands_total', 'outcome'), '{{outcome}}']),
    ],
  },
  {
    uid: 'plinth-log',
    title: 'Plinth: the log and its services',
    panels: [
      graph('Behind the log', 'short', [
        fold('plinth_runtime_lag_events', 'service', 'instance'),
        '{{service}} {{instance}}',
      ]),
      graph(
        'Events appended',
        'ops',
        ['rate(plinth_log_head_events[5m])', 'head'],
        [rate('plinth_runtime_events_total', 'service'), '{{service}}'],
      ),
      graph(
        'Append',
        'ms',
        [quantile(0.5, 'plinth_log_append_duration_ms', 'job'), 'p50 {{job}}'],
        [quantile(0.99, 'plinth_log_append_duration_ms', 'job'), 'p99 {{job}}'],
      ),
      graph('Appends by outcome', 'ops', [
        rate('plinth_log_append_duration_ms_count', 'outcome'),
        '{{outcome}}',
      ]),
      graph('Appends that wait', 'short', [fold('plinth_log_waiting_appends', 'instance'), '{{instance}}']),
      graph('Database', 'bytes', [fold('plinth_log_database_bytes'), 'on disk']),
      graph('Leaders', 'short', ['sum by (service) (plinth_runtime_leader)', '{{service}}']),
      graph('Takeovers, 15 min', 'short', [
        'sum by (service) (increase(plinth_runtime_takeovers_total[15m]))',
        '{{service}}',
      ]),
      graph('Reaction, p99', 'ms', [
        quantile(0.99, 'plinth_runtime_reaction_duration_ms', 'service'),
        '{{service}}',
      ]),
      graph('Fold of a batch, p99', 'ms', [
        quantile(0.99, 'plinth_runtime_fold_duration_ms', 'service'),
        '{{service}}',
      ]),
      graph('Decisions taken anew', 'ops', [
        rate('plinth_runtime_conflicts_total', 'service'),
        '{{service}}',
      ]),
      graph('Events since the last snapshot', 'short', [
        fold('plinth_runtime_snapshot_age_events', 'service'),
        '{{service}}',
      ]),
      graph('Event loop, p99', 'ms', [fold('plinth_process_event_loop_delay_ms', 'job'), '{{job}}']),
      graph('Memory', 'bytes', [fold('plinth_process_memory_bytes{kind="resident"}', 'job'), '{{job}}']),
    ],
  },
  {
    uid: 'plinth-margin',
    title: 'Plinth: margin and liquidation',
    panels: [
      graph('Accounts that are not healthy', 'short', [
        fold('plinth_risk_accounts{state!="healthy"}', 'state'),
        '{{state}}',
      ]),
      graph(
        'Margin calls',
        'short',
        [fold('plinth_risk_open_margin_calls'), 'open'],
        [fold('plinth_risk_overdue_margin_calls'), 'overdue'],
      ),
      graph('Calls and their ends', 'ops', [
        rate('plinth_runtime_events_total{type=~"MarginCall.*"}', 'type'),
        '{{type}}',
      ]),
      graph('Liquidations that run', 'short', [fold('plinth_liquidation_running', 'phase'), '{{phase}}']),
      graph('Oldest liquidation', 'ms', [fold('plinth_liquidation_oldest_ms'), 'age']),
      graph('Liquidations that wait for prices', 'short', [
        fold('plinth_risk_deferred_liquidations'),
        'deferred',
      ]),
      graph('Steps and ends', 'ops', [
        rate('plinth_runtime_events_total{type=~"Liquidation.*|Reduction.*|Shortfall.*"}', 'type'),
        '{{type}}',
      ]),
      graph('Insurance fund', 'currencyUSD', [fold('plinth_liquidation_fund_usd', 'asset'), '{{asset}}']),
      graph('Paid by the fund', 'currencyUSD', [
        fold('plinth_liquidation_fund_paid_usd', 'asset'),
        '{{asset}}',
      ]),
      graph(
        'Bad debt',
        'short',
        [fold('plinth_liquidation_uncovered_amount', 'asset'), 'not covered {{asset}}'],
        [fold('plinth_accounts_bad_debt_usd', 'asset'), 'in the ledger {{asset}}, USD'],
      ),
      graph('Pools lent on', 'percentunit', [
        fold('plinth_interest_pool_utilisation_ratio', 'asset'),
        '{{asset}}',
      ]),
      graph('Borrow rate', 'percentunit', [fold('plinth_interest_borrow_rate_ratio', 'asset'), '{{asset}}']),
    ],
  },
  {
    uid: 'plinth-venues',
    title: 'Plinth: venues, orders and prices',
    panels: [
      graph('Venues that are not up', 'short', [
        fold('plinth_routing_venue_state{state!="up"}', 'venue', 'state'),
        '{{venue}} {{state}}',
      ]),
      graph('Orders of unknown outcome', 'short', [
        fold('plinth_routing_unknown_orders', 'venue'),
        '{{venue}}',
      ]),
      graph('Venue answers, p95', 'ms', [
        quantile(0.95, 'plinth_venue_request_duration_ms', 'venue, operation'),
        '{{venue}} {{operation}}',
      ]),
      graph('Orders sent, by outcome', 'ops', [
        rate('plinth_venue_request_duration_ms_count{operation="submit"}', 'venue', 'outcome'),
        '{{venue}} {{outcome}}',
      ]),
      graph('Open orders', 'short', [fold('plinth_routing_open_orders'), 'open']),
      graph(
        'Cost of orders',
        'short',
        [fold('plinth_routing_shortfall_bps'), 'shortfall, bps'],
        [fold('plinth_routing_regret_bps'), 'against the best venue, bps'],
      ),
      graph(
        'Marks',
        'short',
        [fold('plinth_pricing_marks', 'state'), '{{state}}'],
        [fold('plinth_pricing_guarded_marks'), 'guarded'],
      ),
      graph(
        'Age of marks',
        'ms',
        [fold('plinth_pricing_round_age_ms'), 'last round'],
        [fold('plinth_pricing_oldest_live_mark_ms'), 'oldest live mark'],
      ),
      graph('Stablecoins', 'currencyUSD', [
        fold('plinth_pricing_stablecoin_price_usd', 'asset'),
        '{{asset}}',
      ]),
      graph('Sources', 'short', [fold('plinth_pricing_sources', 'news'), '{{news}}']),
    ],
  },
  {
    uid: 'plinth-gateway',
    title: 'Plinth: gateway',
    panels: [
      graph('Calls by method', 'reqps', [rate('plinth_gateway_requests_total', 'method'), '{{method}}']),
      graph('Answer, p99', 'ms', [
        quantile(0.99, 'plinth_gateway_request_duration_ms', 'method'),
        '{{method}}',
      ]),
      graph('Refused for who they are', 'reqps', [
        rate('plinth_gateway_auth_failures_total', 'reason'),
        '{{reason}}',
      ]),
      graph('Sent away by a limit', 'reqps', [
        rate('plinth_gateway_limited_calls_total', 'reason'),
        '{{reason}}',
      ]),
      graph(
        'Under way',
        'short',
        ['sum(plinth_gateway_open_calls)', 'calls'],
        ['sum(plinth_gateway_open_streams)', 'streams'],
      ),
      graph('Behind the log', 'short', [
        fold('plinth_runtime_lag_events{service=~"gateway.*"}', 'instance'),
        '{{instance}}',
      ]),
    ],
  },
  {
    uid: 'plinth-backbone',
    title: 'Plinth: relay and Kafka',
    panels: [
      graph('Not yet published', 'short', [
        fold('plinth_runtime_lag_events{service=~"relay .*"}', 'service'),
        '{{service}}',
      ]),
      graph('Published', 'ops', [rate('plinth_relay_published_total', 'topic'), '{{topic}}']),
      graph('Attempts begun anew', 'ops', [
        rate('plinth_relay_retries_total', 'publication'),
        '{{publication}}',
      ]),
      graph('Dead letters', 'short', [fold('plinth_relay_waiting_dead_letters'), 'waiting']),
      graph('Records by what became of them', 'ops', [
        rate('plinth_transport_records_total', 'outcome'),
        '{{outcome}}',
      ]),
      graph('Publications that fail', 'short', [
        fold('plinth_relay_failing', 'publication'),
        '{{publication}}',
      ]),
    ],
  },
];
