export { BLOCK, columnsOf, plainColumns, type Columns } from './columns.ts';
export { laneKernels, type LaneKernels } from './lanes.ts';
