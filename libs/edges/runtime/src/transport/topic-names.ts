/** The backbone: every event of a cell's log, in position order, in one partition. */
export const logTopic = (prefix: string): string => `${prefix}.log.v1`;
