/**
 * Whether a timestamp that a sender signed is near our clock. Either way counts: clocks differ, and a message from the future is as
 * suspect as an old one.
 * @param timestamp epoch seconds or milliseconds in digits, or ISO 8601 with a zone.
 */
export function isRecent(timestamp: string, nowMs: number, windowS: number): boolean {
  const at = instantOf(timestamp.trim());
  return at !== null && Math.abs(nowMs - at) <= windowS * 1000;
}

function instantOf(timestamp: string): number | null {
  if (/^\d{10}$/.test(timestamp)) return Number(timestamp) * 1000;
  if (/^\d{13}$/.test(timestamp)) return Number(timestamp);
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:?\d{2})$/.test(timestamp)) return null;
  const instant = Date.parse(timestamp.replace(/(\.\d{3})\d+/, "$1"));
  return Number.isNaN(instant) ? null : instant;
}
