#!/bin/sh
# drift.sh RELEASE STACK DEPLOYER_ROLE: fails when what is there is not what was deployed.
. "$(dirname -- "$0")/common.sh"
release=${1:?folder} stack=${2:?stack} deployer=${3:?role}
commit=$(commit_of "$release")
as() { call "$here/as-deployer.sh" "$deployer" "$commit" aws cloudformation "$@"; }
detection=$(as detect-stack-drift --stack-name "parcelkeep-$stack" --query StackDriftDetectionId --output text)
if [ "${PIPELINE_DRY_RUN:-0}" = 1 ]; then
  printf '%s\n' "$detection"
  exit 0
fi
tries=60
until [ "$(as describe-stack-drift-detection-status --stack-drift-detection-id "$detection" --query DetectionStatus --output text)" != DETECTION_IN_PROGRESS ]; do
  tries=$((tries - 1))
  [ "$tries" -gt 0 ] || fail "looking for drift takes longer than ten minutes"
  sleep 10
done
found=$(as describe-stack-drift-detection-status --stack-drift-detection-id "$detection" --query StackDriftStatus --output text)
[ "$found" = IN_SYNC ] || fail "$stack has drifted: $found"
