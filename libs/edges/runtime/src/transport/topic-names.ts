/** The backbone: every event of a cell's log, in position order, in one partition. */
export const logTopic = (prefix: string): string => `${prefix}.log.v1`;

/** A topic for desks, derived from the log. */
export const deskTopic = (prefix: string, name: string): string => `${prefix}.${name}.v1`;
