import { parse } from "csv-parse/sync";
import { headerColumns, inColumns, shipmentCandidate, type CsvColumn } from "./csv-columns.ts";
import { CsvRecords } from "./csv-records.ts";
import { checkedShipment, refused, type ImportRefusal, type ImportResult, type ImportRow } from "./row.ts";
import { utf8Text, withoutByteOrderMark } from "./utf8.ts";

const delimiters = [",", ";", "\t"] as const;
type Delimiter = (typeof delimiters)[number];

/**
 * Shipments out of a CSV file (RFC 4180, UTF-8) with a header; comma, semicolon or tab, LF or CRLF. Rows with nothing in them are passed
 * over. A row that is refused does not stop the stream, a header that is refused does. Nothing is read ahead of the consumer beyond one
 * chunk.
 *
 * {@link CsvRecords} finds the records, csv-parse splits each into cells. The plainer road, the whole file through csv-parse's stream with
 * `skip_records_with_error`, loses rows: behind a quote that is never closed everything is swallowed once `max_record_size` is reached,
 * with no word of how many rows that was (seen with csv-parse 7.0.3).
 */
export async function* csvShipments(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<ImportRow> {
  const records = new CsvRecords();
  const rows = rowsOf(records);
  for await (const chunk of chunks) {
    records.push(chunk);
    if ((yield* rowsAtHand(rows)) === "done") return;
  }
  records.end();
  yield* rowsAtHand(rows);
}

function* rowsAtHand(rows: Generator<ImportRow | "more", void>): Generator<ImportRow, "more" | "done"> {
  for (;;) {
    const next = rows.next();
    if (next.done === true) return "done";
    if (next.value === "more") return "more";
    yield next.value;
  }
}

/** Yields `more` where it needs bytes to go on. */
function* rowsOf(records: CsvRecords): Generator<ImportRow | "more", void> {
  let columns: readonly CsvColumn[] | null = null;
  let row = 0;
  for (const cells of cellsOf(records)) {
    if (cells === "more") {
      yield "more";
    } else if (columns !== null) {
      row += 1;
      yield { row, result: isRefusal(cells) ? cells : shipmentOf(columns, cells) };
    } else {
      const header = isRefusal(cells) ? cells : headerColumns(cells);
      if (isRefusal(header)) return yield { row: 0, result: header };
      columns = header;
    }
  }
  if (columns === null) yield { row: 0, result: refused("header_missing") };
}

function shipmentOf(columns: readonly CsvColumn[], cells: readonly string[]): ImportResult {
  if (cells.length < columns.length) return refused("cells_missing");
  if (cells.length > columns.length) return refused("cells_surplus");
  const result = checkedShipment(shipmentCandidate(columns, cells));
  return result.ok ? result : inColumns(result);
}

/** The cells of each record with something in it, or why it was refused. The first record says which delimiter the file uses. */
function* cellsOf(records: CsvRecords): Generator<readonly string[] | ImportRefusal | "more", void> {
  let delimiter: Delimiter | null = null;
  let first = true;
  for (;;) {
    const front = records.front();
    switch (front.kind) {
      case "end":
        return;
      case "more":
        yield "more";
        continue;
      case "line-too-long":
        records.dropLine();
        yield refused("row_too_long");
        break;
      case "unbalanced":
        records.dropLine();
        yield refused("quotes_unbalanced");
        break;
      case "record": {
        const raw = utf8Text(front.bytes);
        if (raw === null) {
          records.dropRecord();
          yield refused("not_utf8");
          break;
        }
        const text = withoutCarriageReturn(first ? withoutByteOrderMark(raw) : raw);
        delimiter ??= text === "" ? null : likelyDelimiter(text);
        const cells = splitRecord(text, delimiter ?? ",");
        if (cells === null) records.dropLine();
        else records.dropRecord();
        if (cells === null) yield refused("quotes_unbalanced");
        else if (cells.some((cell) => cell !== "")) yield cells;
      }
    }
    first = false;
  }
}

/** The delimiter that finds most columns in the header; a comma where there is one column. */
function likelyDelimiter(header: string): Delimiter {
  const columns = (delimiter: Delimiter): number => splitRecord(header, delimiter)?.length ?? 0;
  return delimiters.reduce((best, other) => (columns(other) > columns(best) ? other : best));
}

/** @returns the cells of one record, or null where its quotes are not as RFC 4180 has them. */
function splitRecord(text: string, delimiter: Delimiter): readonly string[] | null {
  try {
    const records = parse(text, { delimiter, record_delimiter: "\n", relax_column_count: true });
    return records.length > 1 ? null : (records[0] ?? []);
  } catch {
    return null;
  }
}

function withoutCarriageReturn(text: string): string {
  return text.endsWith("\r") ? text.slice(0, -1) : text;
}

function isRefusal(value: object): value is ImportRefusal {
  return "code" in value;
}
