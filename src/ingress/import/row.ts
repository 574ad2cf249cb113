import { Compile } from "typebox/compile";
import { ShipmentInput } from "../shipment-input.ts";

/** One row of an import: a shipment, or why there is none. Never a value of the row. */
export interface ImportRow {
  /** Which data row: the first after the header of a CSV file, or the first line of NDJSON, is 1; blank lines are not counted. 0 is the header. */
  readonly row: number;
  readonly result: ImportResult;
}

export type ImportResult = { readonly ok: true; readonly shipment: ShipmentInput } | ImportRefusal;

export interface ImportRefusal {
  readonly ok: false;
  readonly code: ImportCode;
  /** The field or column at fault, by our own name for it, or by its position (`column 4`) where the sender's name is not ours. */
  readonly field?: string;
}

/** Stable; the merchant's program may switch on it. */
export type ImportCode =
  /** Of a row: longer than the bound of its format. */
  | "row_too_long"
  /** Of a row: not UTF-8. */
  | "not_utf8"
  /** Of an NDJSON line: not a JSON object. */
  | "not_json"
  /** Of a CSV row: a quote that RFC 4180 does not allow where it stands, or one that is never closed. */
  | "quotes_unbalanced"
  /** Of a CSV row: not as many cells as the header. */
  | "cells_missing"
  | "cells_surplus"
  /** Of a row: a required field is not there; a field is not in its format; a field is not ours. */
  | "field_missing"
  | "field_invalid"
  | "field_unknown"
  /** Of a CSV header, after which nothing is read. */
  | "header_missing"
  | "column_unknown"
  | "column_repeated"
  | "column_missing";

export function refused(code: ImportCode, field?: string): ImportRefusal {
  return field === undefined ? { ok: false, code } : { ok: false, code, field };
}

const validator = Compile(ShipmentInput);

/** Holds a parsed row against the schema of a shipment. The first fault is reported. */
export function checkedShipment(value: unknown): ImportResult {
  if (validator.Check(value)) return { ok: true, shipment: value };
  // An unknown property is reported twice: as the property (keyword `boolean`, its name in the path) and as its parent's fault. The
  // property's name is the sender's own text and must not be repeated, so only the second is looked at.
  const fault = validator.Errors(value).find((error) => error.keyword !== "boolean");
  const parent = fieldPath(fault?.instancePath ?? "");
  switch (fault?.keyword) {
    case "additionalProperties":
      return refused("field_unknown", parent);
    case "required":
      return refused("field_missing", [parent, fault.params.requiredProperties[0]].filter((part) => part !== undefined).join("."));
    default:
      return refused("field_invalid", parent);
  }
}

/** `/recipient/email` to `recipient.email`; nothing for the row itself. */
function fieldPath(pointer: string): string | undefined {
  return pointer === "" ? undefined : pointer.slice(1).replaceAll("/", ".");
}
