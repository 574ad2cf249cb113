#!/bin/sh
# push.sh RELEASE PUBLIC_KEY REGISTRY/REPOSITORY: the image as it was signed, under its commit. Tags there cannot be moved; tasks run the digest.
. "$(dirname -- "$0")/common.sh"
release=${1:?folder} key=${2:?public key} repository=${3:?registry and repository}
"$here/check.sh" "$release" "$key"
# Layers go over as they are: packing them again would give another digest.
call skopeo copy --preserve-digests "oci:$release/image" "docker://$repository:$(commit_of "$release")"
