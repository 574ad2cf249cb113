import { randomUUID } from "node:crypto";
import { after } from "node:test";
import { testDatabase } from "../../../test/support/database.ts";
import { InboxQueue } from "../../../test/support/inbox-queue.ts";
import { jobQueueContract, type QueueUnderTest } from "../../cloud/job-queue.contract.ts";
import type { JobReceiver } from "../../cloud/job-queue.ts";
import { ownerRole } from "../../store/roles.ts";

const tenant = randomUUID();
const visibilityMs = 1_000;

const database = await testDatabase({ after });
await database.pool(ownerRole).query("insert into parcelkeep.tenants (id, name) values ($1, 'T')", [tenant]);

jobQueueContract("the inbox", async (): Promise<QueueUnderTest> => {
  const owner = database.pool(ownerRole);
  await owner.query("truncate parcelkeep.inbox");
  const queues: InboxQueue[] = [];
  const names = new Map<string, string>();
  const learn = async (): Promise<void> => {
    const { rows } = await owner.query<{ seq: string; message: string }>("select seq, message from parcelkeep.inbox");
    for (const { seq, message } of rows) names.set(`job-${seq}`, message);
  };
  return {
    visibilityMs,
    send: async (messages) => {
      await owner.query(
        "insert into parcelkeep.inbox (lane, record, tenant, received_at, message) select lane, gen_random_uuid(), $1, now(), name from unnest($2::smallint[], $3::text[]) j(lane, name)",
        [tenant, messages.map(({ group }) => group), messages.map(({ name }) => name)],
      );
      await learn();
    },
    receiver: (): JobReceiver => {
      const queue = new InboxQueue(database.connection("parcelkeep_worker"), visibilityMs);
      queues.push(queue);
      return queue;
    },
    nameOf: ({ id }) => names.get(id)!,
    close: async () => {
      for (const queue of queues) await queue.close();
    },
  };
});
