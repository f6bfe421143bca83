export { benchAppend, type AppendBenchOptions } from './append.ts';
export type { Figure, Figures, Ratio } from './figures.ts';
export { benchRelay, type RelayBenchOptions } from './relay.ts';
export { benchIds, benchRequest, benchSchema, benchServer, dropBenchSchema, fillEvents } from './workload.ts';
export { backboneEnd, dropTopics } from './topics.ts';
