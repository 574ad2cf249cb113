import { OpenerError, type OpenSubject } from "../../vault/opening.ts";
import type { Spans } from "./spans.ts";

/** Whoever has openers started, with a span for each: what for and what came of it, and neither the grant nor whom it is about. */
export function tracedOpener(spans: Spans, open: OpenSubject): OpenSubject {
  return async (request) => {
    const span = spans.begin("opener.run");
    const purpose = request.purpose;
    try {
      const opened = await open(request);
      span?.end({ "parcelkeep.purpose": purpose, "parcelkeep.outcome": opened.purpose === "transfer" ? opened.state : "opened" });
      return opened;
    } catch (error) {
      span?.end({ "parcelkeep.purpose": purpose, "parcelkeep.outcome": error instanceof OpenerError ? error.code : "failed" });
      throw error;
    }
  };
}
