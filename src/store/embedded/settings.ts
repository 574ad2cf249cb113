import { totalmem } from "node:os";

/** Reserved, and used as it is needed: what the indexes of a million values take is to fit, or each new value waits for pages that are written to make room. */
const bufferMegabytesMin = 128;
const bufferMegabytesMax = 512;
const shareOfMemory = 16;

/**
 * For one program on one machine: modest memory, no replication, every commit flushed to disk before it is acknowledged.
 * Callers may change these (tests turn `fsync` off).
 */
const defaults: Readonly<Record<string, string>> = {
  shared_buffers: `${bufferMegabytes(totalmem())}MB`,
  max_wal_size: "1GB",
  // Log files are kept for use again after quiet hours too: a new one is filled with zeros while commits wait.
  min_wal_size: "256MB",
  // A page is logged whole when it is first changed after a checkpoint, and new values change pages all over their indexes. How long recovery takes is
  // bounded by the size of the log and not by this.
  checkpoint_timeout: "15min",
  max_connections: "60",
  fsync: "on",
  synchronous_commit: "on",
  // Nobody copies this log of changes; the least that crash recovery needs.
  wal_level: "minimal",
  max_wal_senders: "0",
  max_logical_replication_workers: "0",
  autovacuum: "on",
  // The inbox turns over within seconds. What was taken out of it lies in the way of the next look, and in the file, until it is vacuumed.
  autovacuum_naptime: "10s",
  // Our statements are short; compiling them costs more than it saves.
  jit: "off",
  timezone: "UTC",
  log_timezone: "UTC",
  lc_messages: "C",
};

/**
 * The server's log holds no data values (promise 2). Callers cannot change these.
 *
 * What a failed statement says can quote a value in its first line already ("invalid input syntax for type uuid: …"), so errors are not logged
 * at all: the program that sent the statement gets them. The order of PostgreSQL's levels puts `log` above `error`, so what the server says for
 * itself (start, stop, recovery, a crash) stays. `terse` drops DETAIL lines, where a crash report quotes the statement.
 */
const silence: Readonly<Record<string, string>> = {
  log_min_messages: "log",
  log_min_error_statement: "panic",
  log_error_verbosity: "terse",
  log_statement: "none",
  log_duration: "off",
  log_min_duration_statement: "-1",
  log_min_duration_sample: "-1",
  log_parameter_max_length: "0",
  log_parameter_max_length_on_error: "0",
  log_lock_waits: "off",
  debug_print_parse: "off",
  debug_print_rewritten: "off",
  debug_print_plan: "off",
  log_destination: "stderr",
  logging_collector: "off",
};

/** @param memoryBytes of the machine. */
export function bufferMegabytes(memoryBytes: number): number {
  const share = Math.floor(memoryBytes / 1024 ** 2 / shareOfMemory);
  return Math.min(bufferMegabytesMax, Math.max(bufferMegabytesMin, share));
}

/** The server's arguments after the port. */
export function settingArguments(changes: Readonly<Record<string, string>>, socketDir: string | null): readonly string[] {
  const settings = {
    ...defaults,
    ...changes,
    ...silence,
    listen_addresses: "127.0.0.1",
    // A list, in which a quoted name may hold blanks and commas.
    unix_socket_directories: socketDir === null ? "" : `"${socketDir.replaceAll('"', '""')}"`,
    unix_socket_permissions: "0700",
  };
  return Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}
