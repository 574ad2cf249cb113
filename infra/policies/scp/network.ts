import { arnsOf } from "../arn.ts";
import type { PolicyContext } from "../context.ts";
import { policy, type PolicyDocument } from "../document.ts";

/** The only way to the outside is the inspected one, in the network account. */
export function networkGuard(context: PolicyContext): PolicyDocument {
  const arns = arnsOf(context);
  return policy(
    {
      Sid: "NoInternet",
      Effect: "Deny",
      Action: [
        "ec2:CreateInternetGateway",
        "ec2:AttachInternetGateway",
        "ec2:CreateEgressOnlyInternetGateway",
        "ec2:CreateNatGateway",
        "ec2:CreateCarrierGateway",
        "ec2:AllocateAddress",
        "ec2:CreatePublicIpv4Pool",
        "ec2:ProvisionPublicIpv4PoolCidr",
        "ec2:AssociateAddress",
      ],
      Resource: "*",
      Condition: { ArnNotEquals: { "aws:PrincipalArn": arns.role("deployer", "network") } },
    },
    {
      Sid: "NoOtherNetworks",
      Effect: "Deny",
      Action: [
        "ec2:CreateDefaultVpc",
        "ec2:CreateDefaultSubnet",
        "ec2:CreateVpcPeeringConnection",
        "ec2:AcceptVpcPeeringConnection",
        "ec2:CreateTransitGatewayPeeringAttachment",
        "ec2:AcceptTransitGatewayPeeringAttachment",
        "ec2:CreateClientVpnEndpoint",
        "ec2:CreateOdbNetworkPeering",
        "ec2:CreateTransitGatewayConnectPeer",
        "ec2:DeleteVpcBlockPublicAccessExclusion",
      ],
      Resource: "*",
    },
    {
      Sid: "NetworksAreSetByTheDeployer",
      Effect: "Deny",
      Action: [
        "ec2:CreateVpcEndpoint",
        "ec2:ModifyVpcEndpoint",
        "ec2:DeleteVpcEndpoints",
        "ec2:CreateVpcEndpointServiceConfiguration",
        "ec2:ModifyVpcEndpointServicePermissions",
        "ec2:CreateRoute",
        "ec2:ReplaceRoute",
        "ec2:AuthorizeSecurityGroupEgress",
        "ec2:ModifySubnetAttribute",
        "ec2:ModifyVpcBlockPublicAccessOptions",
        "ec2:CreateVpcBlockPublicAccessExclusion",
        "ec2:ModifyVpcBlockPublicAccessExclusion",
        "ec2:CreateVpnConnection",
        "directconnect:CreatePublicVirtualInterface",
        "directconnect:AllocatePublicVirtualInterface",
        "directconnect:ConfirmPublicVirtualInterface",
        "network-firewall:UpdateFirewallPolicy",
        "network-firewall:UpdateRuleGroup",
        "network-firewall:UpdateLoggingConfiguration",
        "network-firewall:DeleteFirewall",
      ],
      Resource: "*",
      Condition: { ArnNotLike: { "aws:PrincipalArn": arns.role("deployer", "*") } },
    },
    {
      Sid: "NoPublicDatabases",
      Effect: "Deny",
      Action: "rds:CreateDBInstance",
      Resource: "*",
      Condition: { Bool: { "rds:PubliclyAccessible": "true" } },
    },
    {
      Sid: "NoPlainDatabases",
      Effect: "Deny",
      Action: "rds:CreateDBCluster",
      Resource: "*",
      Condition: { Bool: { "rds:StorageEncrypted": "false" } },
    },
    {
      Sid: "NoShellsInTasks",
      Effect: "Deny",
      Action: ["ecs:ExecuteCommand", "ssm:StartSession"],
      Resource: "*",
    },
  );
}
