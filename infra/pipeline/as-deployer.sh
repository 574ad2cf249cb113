#!/bin/sh
# as-deployer.sh ROLE_ARN COMMIT COMMAND…: runs a command as the deployer of an account. The session carries the commit as its source identity, so the trail says which one changed what.
. "$(dirname -- "$0")/common.sh"
role=${1:?role} commit=${2:?commit}
shift 2
# shellcheck disable=SC2046 # Three words without blanks, one for each of the positions.
set -- $(aws sts assume-role --role-arn "$role" --role-session-name "release" --source-identity "$commit" \
  --query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]' --output text) "$@"
key=$1 secret=$2 token=$3
shift 3
unset AWS_WEB_IDENTITY_TOKEN_FILE AWS_ROLE_ARN
AWS_ACCESS_KEY_ID=$key AWS_SECRET_ACCESS_KEY=$secret AWS_SESSION_TOKEN=$token exec "$@"
