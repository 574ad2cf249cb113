// Loaded into every program that the launcher starts. A launcher that is killed (kill -9, out of memory) cannot pass anything on; without this
// the program would live on behind its back, holding the port and the data folder. The store is built for a kill at any moment.
// Only the launcher's own child does this: a process that the program forks has a channel too, and another parent.
if (process.channel && process.env.PARCELKEEP_LAUNCHER_PID === String(process.ppid)) {
  process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
  process.channel.unref();
}
delete process.env.PARCELKEEP_LAUNCHER_PID;
