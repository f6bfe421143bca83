/** Style of the report; dark or light as the reader's system is. */
export const STYLE = `
:root{color-scheme:light dark;--bg:#fbfbfa;--fg:#1d2024;--soft:#6a7078;--rule:#dfe2e6;--card:#fff;
--good:#15803d;--bad:#c02626;--c0:#2563eb;--c1:#d97706;--c2:#8a93a0;--c3:#0d9488;
--c4:#a21caf;--c5:#65a30d;--c6:#db2777;--c7:#7c5a3a}
@media (prefers-color-scheme:dark){:root{
--bg:#14171b;--fg:#e4e7ea;--soft:#98a1ab;--rule:#2c3138;--card:#1b1f24;
--good:#4ade80;--bad:#f87171;--c0:#60a5fa;--c1:#fbbf24;--c2:#7c8794;--c3:#2dd4bf;
--c4:#e879f9;--c5:#a3e635;--c6:#f472b6;--c7:#c8a27c}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--fg);
font:15px/1.45 system-ui,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:1180px;margin:0 auto;padding:20px 16px 60px}
h1{font-size:24px;margin:0 0 4px}h2{display:inline;font-size:17px}
.note{color:var(--soft);margin:4px 0 8px;max-width:80ch}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(126px,1fr));gap:10px;margin:16px 0}
.tile{background:var(--card);border:1px solid var(--rule);border-radius:8px;padding:10px 12px}
.tile b{display:block;font-size:21px;line-height:1.25}.tile span{color:var(--soft);font-size:13px}
.tile.good b,td.good{color:var(--good)}.tile.bad b,td.bad{color:var(--bad);font-weight:600}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,480px),1fr));gap:14px}
figure{margin:0;background:var(--card);border:1px solid var(--rule);border-radius:8px;padding:12px}
svg{display:block;width:100%;height:auto;margin-top:6px}
svg text{fill:var(--soft);font-size:12px}
.grid{stroke:var(--rule);fill:none}.line{fill:none;stroke-width:1.8;stroke-linejoin:round}
.legend{display:flex;flex-wrap:wrap;gap:2px 14px;font-size:13px;color:var(--soft);margin-top:6px}
.legend i{display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:5px}
${[0, 1, 2, 3, 4, 5, 6, 7]
  .map(
    (n) => `.line.c${n}{stroke:var(--c${n})}.area.c${n}{fill:var(--c${n})}i.c${n}{background:var(--c${n})}`,
  )
  .join('\n')}
${[
  ['s-restricted', 'c5'],
  ['s-call', 'c1'],
  ['s-liquidation', 'c6'],
  ['s-insolvent', 'bad'],
  ['o-restored', 'good'],
  ['o-recovered', 'c3'],
  ['o-closed-out', 'c1'],
  ['o-shortfall', 'bad'],
  ['o-running', 'c2'],
]
  .map(([name, colour]) => `.${name}{fill:var(--${colour})}i.${name}{background:var(--${colour})}`)
  .join('\n')}
circle.area{fill-opacity:.75}
details{margin-top:26px}summary{cursor:pointer}
.scroll{overflow:auto;max-height:560px}thead th{position:sticky;top:0;background:var(--bg)}
table{border-collapse:collapse;font-size:13.5px;min-width:40%}
th,td{padding:4px 10px;border-bottom:1px solid var(--rule);text-align:left;vertical-align:top}
th{color:var(--soft);font-weight:500;white-space:nowrap}td.n{text-align:right;white-space:nowrap}
td{max-width:60ch;min-width:6ch}td.s{white-space:nowrap}td:not([class]){min-width:34ch}
`;
