/** A certificate for `carrier.example`, signed by itself and valid until 2126, with its key. Nobody trusts it but tests that say so. */
export const testCertificate = {
  host: "carrier.example",
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQghfvAft6qAk6xMKtN
5zjRc5jT21aLx7e6z6mHgja9VJmhRANCAAT9Di1obtngmv5UU6G6lKSWDg6tIQaF
pqcvFWOGjj80oiUgflWJ+NdoSNJwZVeq8vb6urJIo7DGvNoCdtNNDhMm
-----END PRIVATE KEY-----
`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBpzCCAU2gAwIBAgIUKu03ZQAQtdsWtUzmgJwhnpLha0UwCgYIKoZIzj0EAwIw
GjEYMBYGA1UEAwwPY2Fycmllci5leGFtcGxlMCAXDTI2MTEyNjE0MDU1M1oYDzIx
MjYxMTAyMTQwNTUzWjAaMRgwFgYDVQQDDA9jYXJyaWVyLmV4YW1wbGUwWTATBgcq
hkjOPQIBBggqhkjOPQMBBwNCAAT9Di1obtngmv5UU6G6lKSWDg6tIQaFpqcvFWOG
jj80oiUgflWJ+NdoSNJwZVeq8vb6urJIo7DGvNoCdtNNDhMmo28wbTAdBgNVHQ4E
FgQUKBv2as7j1VxpeUwbnNINi7m/LOswHwYDVR0jBBgwFoAUKBv2as7j1VxpeUwb
nNINi7m/LOswDwYDVR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgg9jYXJyaWVyLmV4
YW1wbGUwCgYIKoZIzj0EAwIDSAAwRQIhALqf+kNssoWJ17lcTO4f1kwAHHaDEb6H
a5EKD4HuQkQ2AiBrwEYmTIeQ7LjT0OZQ4L0DyWgQiKG32t7FoNieJz9YfA==
-----END CERTIFICATE-----
`,
};
