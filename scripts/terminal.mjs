import { readFileSync } from "node:fs";
import { isatty } from "node:tty";

/**
 * Does a Ctrl-C that we receive reach our child without our help?
 *
 * A terminal sends it to every process of the group in front, our child among them, and a program that hears it twice takes the second for
 * impatience. It is the terminal's when our input is one and our group is the one in front; a `kill -INT` by a program or from a background
 * job is for us alone, and is passed on. Nothing tells the two apart for certain: a `kill -INT` from elsewhere while we own the terminal is
 * taken for a Ctrl-C (SIGTERM is always passed on).
 */
export function terminalSignalsChildToo() {
  if (!isatty(0)) return false;
  if (process.platform !== "linux") return true;
  try {
    // proc(5), /proc/PID/stat after the name in brackets: state, ppid, pgrp, session, tty_nr, tpgid.
    const stat = readFileSync("/proc/self/stat", "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[2] === fields[5];
  } catch {
    return true;
  }
}
