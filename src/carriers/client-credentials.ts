import { basicAuthorisation, form, formType, jsonType, part, readBearerToken } from "./call-outcome.ts";
import type { CarrierClient, Credentials } from "./client.ts";

const grant = { grant_type: "client_credentials" };

/**
 * The token of a client by its id and secret (RFC 6749, section 4.4), which carriers take as HTTP Basic or in the form (section 2.3.1).
 * @param path below the carrier's address.
 */
export function clientCredentialsToken(
  path: string,
  sentAs: "basic" | "form",
): Required<Pick<CarrierClient, "credentialFields" | "tokenRequest" | "readToken">> {
  const idAndSecret = (credentials: Credentials): readonly [id: string, secret: string] => [
    part(credentials, "clientId"),
    part(credentials, "clientSecret"),
  ];
  return {
    credentialFields: ["clientId", "clientSecret"],
    tokenRequest: (credentials, baseUrl) => {
      const [id, secret] = idAndSecret(credentials);
      const headers = { accept: jsonType, "content-type": formType };
      return {
        method: "POST",
        url: `${baseUrl}${path}`,
        headers: sentAs === "basic" ? { ...headers, authorization: basicAuthorisation(id, secret) } : headers,
        body: form(sentAs === "basic" ? grant : { ...grant, client_id: id, client_secret: secret }),
        literals: [jsonType, formType, grant.grant_type],
      };
    },
    readToken: readBearerToken,
  };
}
