/** The backbone: every event of a cell's log, in position order, in one partition. */
export const logTopic = (prefix: string): string => `${prefix}.log.v1`;

/** A topic for desks, derived from the log. */
export const deskTopic = (prefix: string, name: string): string => `${prefix}.${name}.v1`;

/** Signed tree heads, for whoever wants to prove against them without asking the cell. */
export const headsTopic = (prefix: string): string => `${prefix}.heads.v1`;

/** Events that could not be made into records of a topic that is not money, one key each until they could. */
export const deadTopic = (prefix: string): string => deskTopic(prefix, 'dead');
