/** Events of one file: what is held in memory at a time while a backup is made, checked or restored. */
export const EVENTS_PER_FILE = 20_000;

/** Files of one backup: 20,000 events each. */
export const FILES_MAX = 100_000;

/** Answers of commands beside the events of one file. */
export const COMMANDS_PER_FILE = 1_000_000;

export const MANIFEST_BYTES_MAX = 64 * 2 ** 20;

/** Level of zstd: three times smaller at the speed of the disk. */
export const COMPRESSION_LEVEL = 3;
