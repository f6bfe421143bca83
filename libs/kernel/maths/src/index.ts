export { exp } from './exp.ts';
export { log, logRatio } from './log.ts';
export { normCdf, normPdf, scaledTail } from './normal.ts';
export { Random } from './random.ts';
