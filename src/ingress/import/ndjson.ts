import { checkedShipment, refused, type ImportResult, type ImportRow } from "./row.ts";
import { utf8Text, withoutByteOrderMark } from "./utf8.ts";

/** Longest line, its line feed not counted. */
export const lineBytesMax = 64 * 1024;

const lineFeed = 0x0a;

/**
 * Shipments out of newline-delimited JSON, one object a line, LF or CRLF, the last line with or without. Blank lines are passed over.
 * A line that is refused does not stop the stream; nothing is read ahead of the consumer beyond one chunk.
 */
export async function* ndjsonShipments(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<ImportRow> {
  let row = 0;
  let first = true;
  for await (const line of lines(chunks)) {
    const text = line === "too-long" ? null : utf8Text(line);
    const json = text !== null && first ? withoutByteOrderMark(text) : text;
    first = false;
    if (json !== null && json.trim() === "") continue;
    row += 1;
    if (line === "too-long") yield { row, result: refused("row_too_long") };
    else yield { row, result: json === null ? refused("not_utf8") : shipmentOf(json) };
  }
}

function shipmentOf(json: string): ImportResult {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return refused("not_json");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return refused("not_json");
  return checkedShipment(value);
}

/** Cuts a byte stream at line feeds. A line over {@link lineBytesMax} is not kept, only told of. */
async function* lines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array | "too-long"> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  const hold = (part: Uint8Array): void => {
    heldBytes += part.length;
    if (heldBytes > lineBytesMax) held = [];
    else held.push(part);
  };
  const take = (): Uint8Array | "too-long" => {
    const line = heldBytes > lineBytesMax ? "too-long" : Buffer.concat(held);
    held = [];
    heldBytes = 0;
    return line;
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, start)) {
      hold(chunk.subarray(start, end));
      yield take();
      start = end + 1;
    }
    hold(chunk.subarray(start));
  }
  if (heldBytes > 0) yield take();
}
