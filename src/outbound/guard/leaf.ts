/** Where a string stood in a call. Never more exact: a key of JSON or a name in a query may be the leak itself. */
export type Place =
  | "url-userinfo"
  | "url-path"
  | "url-query-name"
  | "url-query-value"
  | "url-fragment"
  | "header-name"
  | "header-value"
  | "json-key"
  | "json-value"
  | "json-number"
  | "xml-name"
  | "xml-text"
  | "xml-attribute-name"
  | "xml-attribute-value"
  | "xml-cdata"
  | "xml-comment"
  | "xml-instruction"
  | "form-name"
  | "form-value"
  | "multipart-header"
  | "multipart-name"
  | "multipart-filename"
  | "text"
  | "body";

/** A string of a call that is looked at by itself. */
export interface Leaf {
  readonly place: Place;
  readonly text: string;
}

/** What a text was wrapped in. */
export type Encoding = "percent" | "base64" | "hex" | "unicode-escape" | "entity" | "json" | "xml" | "form" | "split";
