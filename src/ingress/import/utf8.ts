// Its default would drop a byte order mark before every text, and so the same character at the start of a value.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** @returns null unless the bytes are well-formed UTF-8. */
export function utf8Text(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

/** The first text of a file without the byte order mark that Excel and others put there (RFC 3629, section 6). */
export function withoutByteOrderMark(text: string): string {
  return text.startsWith("\uFEFF") ? text.slice(1) : text;
}
