#!/bin/sh
# check.sh RELEASE PUBLIC_KEY: refuses unless everything is what was signed, nothing was added, and the templates run the image that was signed.
. "$(dirname -- "$0")/common.sh"
release=${1:?folder} key=${2:?public key}
verified "$key" "$release/release.sha256" "$release/release.sig" || fail "the list of digests is not signed by this key"
(cd "$release" && sha256sum --check --strict --quiet release.sha256) >/dev/null 2>&1 || fail "a file is not what was signed"
listed=$(wc -l <"$release/release.sha256" | tr -d ' ')
there=$(cd "$release" && find . -type f ! -path './plans/*' ! -name 'release.*' | wc -l | tr -d ' ')
[ "$listed" = "$there" ] || fail "there are files that were not signed"
digest=$(tr -d '\n' <"$release/digest")
manifest="$release/image/blobs/sha256/${digest#sha256:}"
[ "sha256:$(sha256sum "$manifest" | cut -d' ' -f1)" = "$digest" ] || fail "the image's manifest is not the one of its digest"
for template in "$release"/templates/*-service.json; do
  [ -f "$template" ] || fail "there is no template of the services"
  others=$(grep -o '@sha256:[0-9a-f]\{64\}' "$template" | sort -u | grep -v "@$digest" || true)
  [ -z "$others" ] || fail "the templates run another image than the one that was signed: set image.digest in infra/config"
  grep -q "@$digest" "$template" || fail "the templates run no image by its digest"
done
printf 'release %s is what was signed\n' "$(commit_of "$release")"
