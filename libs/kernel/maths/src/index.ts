export { exp } from './exp.ts';
export { log } from './log.ts';
export { normCdf, normPdf } from './normal.ts';
