#!/bin/sh
# plan.sh RELEASE PUBLIC_KEY STACK DEPLOYER_ROLE [PARAMETERS_FILE]: a change set, and what it would do as a file that a second person reads. Changes nothing.
# STACK is a template's name, such as staging-service. TEMPLATE_BUCKET: where templates that are too large for a request were put by evidence.sh.
. "$(dirname -- "$0")/common.sh"
release=${1:?folder} key=${2:?public key} stack=${3:?stack} deployer=${4:?role} parameters=${5:-}
"$here/check.sh" "$release" "$key"
template="$release/templates/$stack.json"
[ -f "$template" ] || fail "the release has no stack $stack"
commit=$(commit_of "$release")
mkdir -p "$release/plans"
if [ "$(wc -c <"$template" | tr -d ' ')" -gt 51200 ]; then
  set -- --template-url "https://${TEMPLATE_BUCKET:?bucket}.s3.eusc-de-east-1.amazonaws.eu/releases/$commit/templates/$stack.json"
else
  set -- --template-body "file://$template"
fi
[ -z "$parameters" ] || set -- "$@" --parameters "file://$parameters"
call "$here/as-deployer.sh" "$deployer" "$commit" aws cloudformation create-change-set --stack-name "parcelkeep-$stack" \
  --change-set-name "release-$commit" --change-set-type "${CHANGE_SET_TYPE:-UPDATE}" --capabilities CAPABILITY_NAMED_IAM "$@"
call "$here/as-deployer.sh" "$deployer" "$commit" aws cloudformation wait change-set-create-complete --stack-name "parcelkeep-$stack" --change-set-name "release-$commit"
# The description is what is approved: it names the change set by its ARN, which no second one gets.
[ "${PIPELINE_DRY_RUN:-0}" = 1 ] && exit 0
"$here/as-deployer.sh" "$deployer" "$commit" aws cloudformation describe-change-set --include-property-values --output json \
  --stack-name "parcelkeep-$stack" --change-set-name "release-$commit" >"$release/plans/$stack.plan"
