import { clientConfig } from "../../store/client-config.ts";
import { type Changes, changesChannel, changesInPayload } from "../../store/changes.ts";
import { Listener } from "../../store/listener.ts";
import type { RoleConnection } from "../role.ts";
import type { TrackingViews } from "./tracking-views.ts";

/**
 * Has what the workers change forgotten. Whenever the connection was lost, changes may have gone by unheard: then everything is.
 * @param failed told of what was not heard or not forgotten; copies expire all the same.
 */
export async function listenForChanges(
  connection: RoleConnection,
  views: Pick<TrackingViews, "forget">,
  failed: (error: unknown) => void,
): Promise<Listener> {
  const forget = (changes: Changes): void => void views.forget(changes).catch(failed);
  const listener = new Listener({ ...clientConfig(connection), application_name: "parcelkeep-changes" }, changesChannel, {
    heard: (payload) => forget(changesInPayload(payload)),
    missed: () => forget("all"),
    failed,
  });
  await listener.start();
  return listener;
}
