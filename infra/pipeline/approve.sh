#!/bin/sh
# approve.sh RELEASE STACK PRIVATE_KEY: a second person's yes to one plan, after reading it. On that person's machine; the public half lies in approvers/.
. "$(dirname -- "$0")/common.sh"
release=${1:?folder} stack=${2:?stack} key=${3:?private key}
[ -s "$release/plans/$stack.plan" ] || fail "there is no plan for $stack"
signed "$key" "$release/plans/$stack.plan" "$release/plans/$stack.approval"
printf 'approved the plan for %s\n' "$stack"
