import { mkdirSync, renameSync, rmdirSync, statSync, utimesSync } from "node:fs";

const heartbeatMs = 2_000;
/** A holder that has not been heard for this long was killed. */
const staleMs = 15_000;
const pollMs = 200;
const waitMaxMs = 15 * 60_000;

/**
 * A lock between processes: an empty folder, which git does not show, and whose time its holder renews. No process id in it, so that it holds
 * between containers that share a checkout.
 * @param {string} path
 * @param {() => void} onWait called once if somebody else holds it
 * @returns {Promise<{ waited: boolean, release: () => void }>}
 */
export async function holdFolderLock(path, onWait) {
  const giveUpAt = Date.now() + waitMaxMs;
  let waited = false;
  while (!tryToMake(path)) {
    if (Date.now() > giveUpAt) throw new Error(`${path} is still held after ${waitMaxMs / 60_000} minutes`);
    if (!waited) onWait();
    waited = true;
    if (!removeIfStale(path)) await new Promise((wake) => setTimeout(wake, pollMs));
  }
  const heartbeat = setInterval(() => touch(path), heartbeatMs);
  return {
    waited,
    release: () => {
      clearInterval(heartbeat);
      removeFolder(path);
    },
  };
}

function tryToMake(path) {
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

/** Moved aside first and looked at again: of several waiters one wins, and a new holder's lock that was caught in between goes back. */
function removeIfStale(path) {
  try {
    if (!isStale(path)) return false;
    const aside = `${path}-${process.pid}`;
    renameSync(path, aside);
    if (isStale(aside)) removeFolder(aside);
    else renameSync(aside, path);
    return true;
  } catch {
    return false;
  }
}

function isStale(path) {
  return Date.now() - statSync(path).mtimeMs > staleMs;
}

function touch(path) {
  try {
    utimesSync(path, new Date(), new Date());
  } catch {
    // Taken for stale while this machine slept; npm itself ends well either way.
  }
}

function removeFolder(path) {
  try {
    rmdirSync(path);
  } catch {
    // Already gone.
  }
}
