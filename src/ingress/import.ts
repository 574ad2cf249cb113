import { parse } from "csv-parse";
import { Readable } from "node:stream";
import { checkedShipment, type ImportRow, refused } from "./import/row.ts";

export const rowBytesMax = 64 * 1024;

const columns: Readonly<Record<string, string>> = {
  tracking_number: "trackingNumber",
  carrier: "carrier",
  order_reference: "orderReference",
  recipient_name: "recipient.name",
  recipient_organisation: "recipient.organisation",
  recipient_street: "recipient.street",
  recipient_postal_code: "recipient.postalCode",
  recipient_city: "recipient.city",
  recipient_region: "recipient.region",
  recipient_country: "recipient.country",
  recipient_email: "recipient.email",
  recipient_phone: "recipient.phone",
  recipient_customer_id: "recipient.customerId",
};

/** CSV (RFC 4180) with a header row; comma, semicolon or tab. A broken row is reported and the stream goes on. */
export async function* csvRows(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<ImportRow> {
  const parser = parse({ bom: true, columns: (header: string[]) => header.map((name) => name.trim().toLowerCase()), delimiter: [",", ";", "\t"], max_record_size: rowBytesMax, skip_empty_lines: true, relax_column_count: true, trim: true });
  const source = Readable.from(bytes);
  source.on("error", (error) => parser.destroy(error));
  source.pipe(parser);
  let row = 0;
  try {
    for await (const record of parser as AsyncIterable<Record<string, string>>) yield { row: ++row, result: checkedShipment(fromColumns(record)) };
  } catch (error) {
    if (!((error as { code?: string }).code ?? "").startsWith("CSV_")) throw error;
    yield { row: row + 1, result: refused("quotes_unbalanced") };
  }
}

/** Newline-delimited JSON, one shipment a line, UTF-8. */
export async function* ndjsonRows(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<ImportRow> {
  let row = 0;
  for await (const line of lines(bytes)) {
    if (line !== null && line.trim() === "") continue;
    yield { row: ++row, result: line === null ? refused("row_too_long") : fromJson(line) };
  }
}

/** Lines of a byte stream; null for one that is longer than {@link rowBytesMax} or not UTF-8. */
async function* lines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string | null> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  for await (const chunk of bytes) {
    let from = 0;
    for (let end = chunk.indexOf(10, from); end !== -1; end = chunk.indexOf(10, from)) {
      held.push(chunk.subarray(from, end));
      yield line(held, heldBytes + end - from);
      held = [];
      heldBytes = 0;
      from = end + 1;
    }
    heldBytes += chunk.length - from;
    // An over-long line is counted and not kept.
    if (heldBytes <= rowBytesMax) held.push(chunk.subarray(from));
    else held = [];
  }
  if (heldBytes > 0) yield line(held, heldBytes);
}

function line(parts: readonly Uint8Array[], bytes: number): string | null {
  if (bytes > rowBytesMax) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(parts));
  } catch {
    return null;
  }
}

function fromJson(text: string): ImportRow["result"] {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return checkedShipment(value);
  } catch {
    // Reported below; what the parser says would quote the row.
  }
  return refused("not_json");
}

function fromColumns(record: Readonly<Record<string, string>>): object {
  const shipment: Record<string, string> = {};
  const recipient: Record<string, string> = {};
  for (const [column, value] of Object.entries(record)) {
    const field = columns[column];
    if (field === undefined || value === "") continue;
    if (field.startsWith("recipient.")) recipient[field.slice(10)] = value;
    else shipment[field] = value;
  }
  return Object.keys(recipient).length === 0 ? shipment : { ...shipment, recipient };
}
