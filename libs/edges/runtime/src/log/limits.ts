/** Most appends that wait in one process; beyond it a caller is told to come back. */
export const MAX_QUEUED_APPENDS = 16_384;

/** Most payload bytes that wait in one process. */
export const MAX_QUEUED_BYTES = 67_108_864;

/** What services append of themselves may fill so many times as much: room that no client can take. */
export const RESERVE = 2;

/** Most appends and events that are sent to the server as one transaction. */
export const MAX_BATCH_APPENDS = 1_024;
export const MAX_BATCH_EVENTS = 10_000;

/** Most payload bytes in one transaction; a single larger append goes alone. */
export const MAX_BATCH_BYTES = 8_388_608;

/**
 * Connections that append at the same time: while the server works on one batch, the next one is being sent.
 */
export const APPEND_LANES = 2;

/** Most connections that read at the same time. */
export const READ_CONNECTIONS = 4;

/** How long the server may wait for the head row, and work on one statement. */
export const LOCK_TIMEOUT_MS = 5_000;
export const STATEMENT_TIMEOUT_MS = 15_000;

/** How long this process waits for an answer before it takes the connection for dead. */
export const ANSWER_TIMEOUT_MS = 20_000;

export const CONNECT_TIMEOUT_MS = 5_000;

/** Pause between attempts to connect again, doubling from the first to the last. */
export const RECONNECT_FIRST_MS = 50;
export const RECONNECT_LAST_MS = 2_000;

/** How long the holder of a leader lock may be silent before it is taken away; how often others ask. */
export const LEADER_LEASE_MS = 3_000;
export const LEADER_RETRY_MS = 250;

/** Snapshots kept per owner; older ones are deleted when a new one is saved. */
export const SNAPSHOTS_KEPT = 2;

/** Most bytes of a state that is kept, before compression. */
export const SNAPSHOT_BYTES_MAX = 1_073_741_824;

/** Size of the parts that a snapshot is cut into, in bytes. */
export const SNAPSHOT_PART_BYTES = 1_048_576;

/** How long the embedded server may take to come up, to recover and to stop. */
export const SERVER_START_MS = 60_000;
export const SERVER_STOP_MS = 20_000;

/** Connections that the embedded server accepts. */
export const SERVER_CONNECTIONS = 200;

/**
 * Free bytes that the disk of an embedded server must have for more to be recorded, and how often it is
 * looked at: a server that meets the end of its disk while it writes its log goes down.
 */
export const STORAGE_RESERVE_BYTES = 134_217_728;
export const STORAGE_CHECK_MS = 500;

/** Names of event types of which one object is kept. */
export const TYPES_KEPT = 1_000;
