export * from './book.ts';
export { BLOCK, columnsOf, plainColumns, type Columns } from './columns.ts';
export { openLanes, type LaneKernels } from './lanes.ts';
