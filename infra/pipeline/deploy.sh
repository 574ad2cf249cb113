#!/bin/sh
# deploy.sh RELEASE PUBLIC_KEY STACK DEPLOYER_ROLE APPROVERS: executes the plan that somebody else than the release's signer has approved.
. "$(dirname -- "$0")/common.sh"
release=${1:?folder} key=${2:?public key} stack=${3:?stack} deployer=${4:?role} approvers=${5:?folder of public keys}
"$here/check.sh" "$release" "$key"
plan="$release/plans/$stack.plan"
[ -s "$plan" ] || fail "there is no plan for $stack"
signer=$(openssl pkey -pubin -in "$key" -outform DER | sha256sum)
approver=
for each in "$approvers"/*.pem; do
  [ -f "$each" ] || continue
  # Whoever signed the release is not a second person, whatever name the key lies under.
  [ "$(openssl pkey -pubin -in "$each" -outform DER | sha256sum)" != "$signer" ] || continue
  if verified "$each" "$plan" "$release/plans/$stack.approval"; then approver=$each; fi
done
[ -n "$approver" ] || fail "no second person has approved this plan for $stack"
# By its ARN out of what was read: a change set that was made again under the same name is another one.
changes=$(sed -n 's/^ *"ChangeSetId": "\([^"]*\)".*/\1/p' "$plan")
[ -n "$changes" ] || fail "the plan names no change set"
commit=$(commit_of "$release")
case $changes in *":changeSet/release-$commit/"*) ;; *) fail "the plan is of another commit" ;; esac
call "$here/as-deployer.sh" "$deployer" "$commit" aws cloudformation execute-change-set --change-set-name "$changes"
call "$here/as-deployer.sh" "$deployer" "$commit" aws cloudformation wait "stack-${WAIT_FOR:-update}-complete" --stack-name "parcelkeep-$stack"
