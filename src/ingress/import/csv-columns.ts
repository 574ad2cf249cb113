import { refused, type ImportRefusal } from "./row.ts";

/** Column names of an import, each with the field of a shipment that it fills. */
export const csvColumns = {
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
} as const;
export type CsvColumn = keyof typeof csvColumns;

const columnOfField: ReadonlyMap<string, string> = new Map(Object.entries(csvColumns).map(([column, field]) => [field, column]));

/**
 * Reads a header: our column names in any order and case, blanks around them passed over. A name that is not ours is refused, since a
 * misspelt one would lose its column of recipient data without a word; so a header has at most as many columns as there are names.
 */
export function headerColumns(cells: readonly string[]): readonly CsvColumn[] | ImportRefusal {
  const columns: CsvColumn[] = [];
  for (const [index, cell] of cells.entries()) {
    const name = cell.trim().toLowerCase();
    if (!isColumn(name)) return refused("column_unknown", `column ${index + 1}`);
    if (columns.includes(name)) return refused("column_repeated", name);
    columns.push(name);
  }
  return columns.includes("tracking_number") ? columns : refused("column_missing", "tracking_number");
}

/** A shipment as the API takes it, yet to be checked. An empty cell is a field that was left out. */
export function shipmentCandidate(columns: readonly CsvColumn[], cells: readonly string[]): unknown {
  const shipment: Record<string, string> = {};
  const recipient: Record<string, string> = {};
  for (const [index, column] of columns.entries()) {
    const cell = cells[index] ?? "";
    if (cell === "") continue;
    const [field, part] = csvColumns[column].split(".") as [string, string?];
    if (part === undefined) shipment[field] = cell;
    else recipient[part] = cell;
  }
  return Object.keys(recipient).length === 0 ? shipment : { ...shipment, recipient };
}

/** The same refusal in the words of the CSV file. */
export function inColumns(refusal: ImportRefusal): ImportRefusal {
  return refused(refusal.code, refusal.field === undefined ? undefined : columnOfField.get(refusal.field));
}

function isColumn(name: string): name is CsvColumn {
  return Object.hasOwn(csvColumns, name);
}
