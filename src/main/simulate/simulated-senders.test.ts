import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { verifier } from "../../ingress/authentication.ts";
import { simulatedCarriers } from "../../simulator/carriers.ts";
import { expectedAt, happenedBy, lifeMaxMs, statusAfter } from "../../simulator/life.ts";
import { simulatedSenders, type SenderAccess } from "../../simulator/pushes.ts";
import { World } from "../../simulator/world.ts";
import { codecs } from "../intake/sources.ts";

const access: SenderAccess = { secret: "a secret of the endpoint's", clientId: "client", token: "token" };

for (const sender of simulatedSenders) {
  describe(`${sender.source}: what the simulator pushes`, () => {
    const codec = codecs.get(sender.source)!;
    const carrier = simulatedCarriers.find(({ source }) => source === (sender.role === "shop" ? "gls" : sender.source))!;
    const world = new World("senders", { now: () => Date.UTC(2026, 10, 20), realAt: (simulated) => simulated });
    const parcels = world.add(carrier, 30, 0);
    const verify = (secret: string) =>
      verifier(
        codec.authentication,
        { secret, clientId: access.clientId },
        { accessTokenValid: (token) => token === access.token && secret === access.secret, now: () => 0 },
      );

    test("proves itself as the source does, and with no other secret", () => {
      for (const parcel of parcels.slice(0, 3)) {
        const about =
          sender.role === "shop"
            ? parcel
            : { parcel, happened: happenedBy(parcel, parcel.announcedAt + lifeMaxMs), expectedAt: expectedAt(parcel) };
        const { headers, body } = sender.message(about, access);
        assert.equal(verify(access.secret)({ ...headers }, Buffer.from(body), ""), true);
        assert.equal(verify("another")({ ...headers }, Buffer.from(body), ""), false);
        if (!sender.fetchesToken) assert.equal(verify(access.secret)({ ...headers }, Buffer.from(`${body} `), ""), false);
      }
    });

    test("is read as what happened to the parcel", () => {
      for (const parcel of parcels) {
        for (let steps = 1; steps <= parcel.steps.length; steps++) {
          const happened = happenedBy(parcel, parcel.announcedAt + parcel.steps[steps - 1]!.afterMs);
          const about = sender.role === "shop" ? parcel : { parcel, happened, expectedAt: expectedAt(parcel) };
          const decoded = codec.decode(Buffer.from(sender.message(about, access).body));
          assert.ok(decoded.ok && decoded.notices.length === 1);
          const notice = decoded.notices[0]!;
          assert.equal(notice.trackingNumber, parcel.number);
          if (sender.role === "shop") {
            assert.equal(notice.carrier, parcel.source);
            assert.ok(notice.fields.some(({ value }) => value.includes(parcel.recipient.familyName)));
          } else {
            const newest = notice.events.toSorted((one, other) => one.time!.local.localeCompare(other.time!.local)).at(-1);
            assert.equal(newest?.status, statusAfter[happened.at(-1)!.stage]);
          }
        }
      }
    });
  });
}
