import { USUAL, QUICK } from './bench/measure.ts';
import { installPeers } from './bench/peers.ts';
await installPeers('/tmp/benchpeers');
const options = {
  pace: process.argv[3] === 'usual' ? USUAL : QUICK,
  quick: process.argv[4] === 'quick',
  peersDirectory: '/tmp/benchpeers',
};
const name = process.argv[2]!;
const mod = await import(`./bench/${name}.ts`);
const f = Object.values(mod).find(
  (v) => typeof v === 'function' && (v as Function).name.toLowerCase() === 'bench' + name.replace('-', ''),
) as any;
for (const r of await f(options))
  console.log(
    r.bench,
    '|',
    r.what,
    '|',
    r.scale,
    '|',
    r.absent ??
      `${Math.round(r.figure.median)} [${Math.round(r.figure.min)}–${Math.round(r.figure.max)}] ${r.unit}`,
    r.baseline ? `| ${r.baseline.what} ${Math.round(r.baseline.median)} ×${r.baseline.ratio.toFixed(2)}` : '',
    r.target ? `| ${r.target.text} ${r.target.met ? 'MET' : 'MISSED'}` : '',
    r.note ?? '',
  );
