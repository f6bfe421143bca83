/** One graph, or one number: what it says, in which unit, and the queries behind it with their legends. */
export type Panel = Readonly<{
  title: string;
  /** Unit as Grafana names it: ms, short, percentunit, currencyUSD, bytes, ops. */
  unit: string;
  kind?: 'timeseries' | 'stat';
  queries: readonly Readonly<{ expr: string; legend?: string }>[];
}>;

export type Dashboard = Readonly<{ uid: string; title: string; panels: readonly Panel[] }>;

const COLUMNS = 24;
const SIZE = { timeseries: { w: 12, h: 8 }, stat: { w: 6, h: 4 } } as const;

const REF_IDS = 'ABCDEFGH';

const CELL = 'cell';

/**
 * A query of the cells that are chosen above the dashboard. A figure without the label, as of a single cell,
 * is of every choice but one by name; ratios that a rule records are of the whole edge.
 */
export const ofChosenCell = (expr: string): string =>
  expr.replace(
    /\b(plinth_\w+|up(?=\{))(\{(?=(\w)?))?/g,
    (_, metric: string, open?: string, more?: string) => {
      const chosen = `${CELL}=~"$${CELL}"`;
      return open === undefined
        ? `${metric}{${chosen}}`
        : `${metric}{${chosen}${more === undefined ? '' : ','}`;
    },
  );

/** Which cells a dashboard shows: all of them at first. */
const cellChoice = {
  ...{ name: CELL, label: 'Cell', type: 'query', includeAll: true, allValue: '.*', multi: true, refresh: 2 },
  current: { text: 'All', value: '$__all' },
  datasource: { type: 'prometheus', uid: 'prometheus' },
  query: { qryType: 1, query: `label_values(plinth_runtime_leader, ${CELL})`, refId: CELL },
};

/** A dashboard as Grafana reads it: panels in rows, from left to right. */
export const dashboardJson = ({ uid, title, panels }: Dashboard): unknown => {
  let [x, y, rowHeight] = [0, 0, 0];
  const placed = panels.map((panel, n) => {
    const kind = panel.kind ?? 'timeseries';
    const { w, h } = SIZE[kind];
    if (x + w > COLUMNS) [x, y, rowHeight] = [0, y + rowHeight, 0];
    const gridPos = { x, y, w, h };
    [x, rowHeight] = [x + w, Math.max(rowHeight, h)];
    return {
      ...{ id: n + 1, type: kind, title: panel.title, gridPos },
      datasource: { type: 'prometheus', uid: 'prometheus' },
      fieldConfig: { defaults: { unit: panel.unit, min: null }, overrides: [] },
      options:
        kind === 'stat' ? { reduceOptions: { calcs: ['lastNotNull'] } } : { tooltip: { mode: 'multi' } },
      targets: panel.queries.map(({ expr, legend = '' }, i) => ({
        ...{ refId: REF_IDS[i], expr: ofChosenCell(expr), legendFormat: legend },
        datasource: { type: 'prometheus', uid: 'prometheus' },
      })),
    };
  });
  return {
    templating: { list: [cellChoice] },
    ...{ uid, title, schemaVersion: 39, version: 1, editable: false, tags: ['plinth'] },
    ...{ refresh: '10s', time: { from: 'now-1h', to: 'now' }, timezone: 'utc', panels: placed },
  };
};
