#!/bin/sh
# sign.sh RELEASE PRIVATE_KEY: one list of digests of everything in the release, and its signature (Ed25519). On a machine that holds the key and deploys nothing.
. "$(dirname -- "$0")/common.sh"
release=${1:?folder} key=${2:?private key}
[ -f "$release/digest" ] || fail "there is no image in $release"
cd "$release"
rm -f release.sha256 release.sig
find . -type f ! -path './plans/*' ! -name 'release.*' | LC_ALL=C sort | xargs sha256sum >release.sha256.draft
mv release.sha256.draft release.sha256
signed "$key" release.sha256 release.sig
printf 'signed %s files\n' "$(wc -l <release.sha256 | tr -d ' ')"
