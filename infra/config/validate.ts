import { accountNames } from "../policies/context.ts";
import { ConfigError, sovereignRegion, type CarrierPath, type Config, type SignIn, type TimeStamps, type Witnesses } from "./schema.ts";

/**
 * @returns the same configuration, when every value can be deployed.
 * @throws {ConfigError} with every finding; at synthesis, so that nothing is found out half way through a deployment.
 */
export function validated(config: Config): Config {
  const findings = [
    ...expect(config.cell, /^[a-z]{2}\d$/, "cell must be two letters and a digit, such as eu1"),
    ...accounts(config),
    ...place(config),
    ...entry(config),
    ...keys(config),
    ...Object.entries(config.carriers).flatMap(([source, path]) => carrier(source, path)),
    ...config.otherHosts.flatMap((host) => expect(host, hostName, "otherHosts must be host names, without wildcards")),
    ...(config.signIn === null ? [] : signIn(config.signIn)),
    ...(config.witnesses === null ? [] : witnesses(config.witnesses)),
    ...(config.timeStamps === null ? [] : timeStamps(config.timeStamps)),
    ...retention(config),
    ...release(config),
  ];
  if (findings.length > 0) throw new ConfigError(config.stage, findings);
  return config;
}

const hostName = /^(?=.{4,253}$)([a-z0-9-]{1,63}\.)+[a-z]{2,}$/;

function accounts(config: Config): string[] {
  const ids = accountNames.map((name) => config.accounts[name]);
  return [
    ...expect(config.organisation.id, /^o-[a-z0-9]{10,32}$/, "organisation.id must be o-… "),
    ...expect(
      config.organisation.parentId,
      /^(r-[a-z0-9]{4,32}|ou-[a-z0-9]{4,32}-[a-z0-9]{8,32})$/,
      "organisation.parentId must be r-… or ou-…",
    ),
    ...accountNames.flatMap((name) => expect(config.accounts[name], /^\d{12}$/, `accounts.${name} must be twelve digits`)),
    // Powers that meet in one account are one power.
    ...(new Set(ids).size < ids.length ? ["accounts must all differ"] : []),
  ];
}

function place(config: Config): string[] {
  const { objectStorePrefixList: _, ...cidrs } = config.network;
  const ranges = Object.entries(cidrs);
  return [
    ...(config.region === sovereignRegion ? [] : [`region must be ${sovereignRegion}`]),
    ...(config.zones.length === 2 || config.zones.length === 3 ? [] : ["zones must be two or three"]),
    ...(new Set(config.zones).size === config.zones.length ? [] : ["zones must differ"]),
    ...config.zones.flatMap((zone) => expect(zone, /^[a-f]$/, "zones must be letters such as a")),
    ...ranges.flatMap(([name, cidr]) => expect(cidr, /^10\.\d{1,3}\.0\.0\/16$/, `network.${name} must be 10.x.0.0/16`)),
    ...(new Set(ranges.map(([, cidr]) => cidr)).size === ranges.length ? [] : ["network ranges must differ"]),
    ...expect(config.network.objectStorePrefixList, /^pl-[0-9a-f]{8,17}$/, "network.objectStorePrefixList must be pl-…"),
  ];
}

function entry(config: Config): string[] {
  const certificate = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
  return [
    ...expect(config.entry.hostName, hostName, "entry.hostName must be a host name"),
    ...expect(config.entry.publicCertificateId, certificate, "entry.publicCertificateId must be a certificate's id in ACM"),
    ...expect(config.entry.privateCertificateId, certificate, "entry.privateCertificateId must be a certificate's id in ACM"),
  ];
}

function keys({ keys: custody }: Config): string[] {
  switch (custody.origin) {
    case "AWS_KMS":
      return [];
    case "AWS_CLOUDHSM":
      return expect(custody.customKeyStoreId, /^cks-[0-9a-z]{17,64}$/, "keys.customKeyStoreId must be cks-…");
    case "EXTERNAL_KEY_STORE":
      return [
        ...expect(custody.customKeyStoreId, /^cks-[0-9a-z]{17,64}$/, "keys.customKeyStoreId must be cks-…"),
        // CreateKey, XksKeyId: 1 to 128 characters.
        ...Object.entries(custody.externalKeyIds).flatMap(([name, id]) =>
          expect(id, /^[A-Za-z0-9_.:/-]{1,128}$/, `keys.externalKeyIds.${name} must be the key's id in the HSM`),
        ),
        ...(custody.externalKeyIds.wrapping === custody.externalKeyIds.derivation ? ["keys.externalKeyIds must differ"] : []),
      ];
  }
}

function carrier(source: string, path: CarrierPath): string[] {
  const where = `carriers.${source}`;
  switch (path.path) {
    case "public":
      return [];
    case "private-link":
      return [
        ...expect(path.serviceName, /^[a-z0-9.-]+\.vpce-svc-[0-9a-f]{17}$/, `${where}.serviceName must end in vpce-svc-…`),
        ...(path.hosts.length > 0 ? [] : [`${where}.hosts must name the hosts behind the endpoint`]),
      ];
    case "direct-connect":
      return [
        ...expect(path.gatewayId, /^[0-9a-f-]{36}$/, `${where}.gatewayId must be a Direct Connect gateway's id`),
        ...privateRanges(where, path.cidrs),
      ];
    case "vpn":
      return [
        ...expect(path.peerAddress, /^\d{1,3}(\.\d{1,3}){3}$/, `${where}.peerAddress must be an IPv4 address`),
        ...(Number.isInteger(path.asn) && path.asn > 0 ? [] : [`${where}.asn must be a number`]),
        ...privateRanges(where, path.cidrs),
      ];
  }
}

/** A default route by way of a carrier would take every call past the firewall. */
function privateRanges(where: string, cidrs: readonly string[]): string[] {
  const fits = (cidr: string): boolean => /^\d{1,3}(\.\d{1,3}){3}\/(1[6-9]|2\d|3[0-2])$/.test(cidr);
  return cidrs.length > 0 && cidrs.every(fits) ? [] : [`${where}.cidrs must be IPv4 ranges of /16 or smaller`];
}

/** Without a port, a user or a query: the firewall lets through the usual port of named hosts. */
const httpsAddress = /^https:\/\/([a-z0-9-]{1,63}\.)+[a-z]{2,}(\/[A-Za-z0-9._~/-]*)?$/;

function signIn({ issuer, clientId, hosts }: SignIn): string[] {
  return [
    ...expect(issuer, httpsAddress, "signIn.issuer must be https://… without a port"),
    ...(clientId === "" ? ["signIn.clientId must not be empty"] : []),
    ...hosts.flatMap((host) => expect(host, hostName, "signIn.hosts must be host names, without wildcards")),
  ];
}

function witnesses({ known, enough }: Witnesses): string[] {
  const names = known.map(({ name }) => name);
  return [
    // C2SP tlog-policy: `none` is a word of its own there, and ours calls its one group `enough`.
    ...names.flatMap((name) => expect(name, /^(?!(?:none|enough)$)[a-z][a-z0-9-]{0,31}$/, "witnesses.known must have plain names")),
    ...known.flatMap(({ name, key, url }) => [
      ...expect(
        key,
        /^[A-Za-z0-9_.:/-]{1,200}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{40,}={0,2}$/,
        `witnesses.${name} must have its verifier key, NAME+HASH+KEY`,
      ),
      ...expect(url, httpsAddress, `witnesses.${name} must have an address https://… without a port`),
    ]),
    ...(new Set(names).size === names.length && new Set(known.map(({ key }) => key)).size === names.length
      ? []
      : ["witnesses must differ"]),
    ...(Number.isInteger(enough) && enough >= 1 && enough <= known.length ? [] : ["witnesses.enough must be 1 to as many as there are"]),
  ];
}

function timeStamps({ url, certificates }: TimeStamps): string[] {
  return [
    ...expect(url, httpsAddress, "timeStamps.url must be https://… without a port"),
    ...(certificates === null ? [] : expect(certificates, /^-----BEGIN CERTIFICATE-----\n/, "timeStamps.certificates must be PEM")),
  ];
}

/** `numberReuseDays` of the program (src/process/retain.ts). */
const personalDaysMax = 120;

function retention({ retention: days, stage }: Config): string[] {
  const whole = Object.entries(days).flatMap(([name, value]) =>
    Number.isInteger(value) && value >= 1 && value <= 3650 ? [] : [`retention.${name} must be 1 to 3650 days`],
  );
  return [
    ...whole,
    // What the program takes: carriers give numbers out again.
    ...(days.segmentDays > personalDaysMax
      ? [`retention.segmentDays must be ${personalDaysMax} at most: persons are kept for as long`]
      : []),
    // Locks of compliance mode cannot be taken back: a mistake in staging must not stay for years.
    ...(stage === "staging" && Math.max(days.segmentDays, days.auditDays) > 30 ? ["retention of staging must be 30 days at most"] : []),
    ...(stage === "production" && days.auditDays < 365 ? ["retention.auditDays must be 365 at least"] : []),
    ...(stage === "production" && days.logDays < 365 ? ["retention.logDays must be 365 at least"] : []),
  ];
}

function release(config: Config): string[] {
  const { deployment, image, alarms } = config;
  return [
    ...expect(image.repository, /^[a-z0-9][a-z0-9._/-]{1,255}$/, "image.repository must be a repository's name"),
    ...expect(image.digest, /^sha256:[0-9a-f]{64}$/, "image.digest must be sha256:…; a tag could be moved"),
    ...expect(deployment.issuer, /^[a-z0-9.-]+(\/[A-Za-z0-9._/-]+)?$/, "deployment.issuer must be a host without https://"),
    ...expect(deployment.subject, /^[^*?]+$/, "deployment.subject must be one subject without wildcards"),
    ...expect(deployment.thumbprint, /^[0-9a-f]{40}$/, "deployment.thumbprint must be 40 hexadecimal digits"),
    ...(alarms.mailTo.length > 0 ? [] : ["alarms.mailTo must name somebody"]),
    ...(alarms.monthlyBudgetEuros > 0 ? [] : ["alarms.monthlyBudgetEuros must be positive"]),
  ];
}

function expect(value: string, form: RegExp, finding: string): string[] {
  return form.test(value) ? [] : [finding.trim()];
}
