#!/bin/sh
# build.sh RELEASE STAGE: image and templates of this commit, once. Everything after it reads this folder and builds nothing.
. "$(dirname -- "$0")/common.sh"
release=${1:?folder} stage=${2:?staging or production}
mkdir -p "$release/templates" "$release/reports"
cd "$root"
git rev-parse HEAD >"$release/release-commit"
call npm run image -- build --output "$release"
call env CDK_OUTDIR="$release/assembly" node scripts/run.mjs infra/app.ts "$stage"
# Without blanks: CloudFormation takes 51,200 bytes in a request, and more only from a bucket.
call node scripts/run.mjs infra/pipeline/compact.ts "$release/assembly" "$release/templates"
call node scripts/run.mjs infra/print-controls.ts
call cp docs/compliance/controls.md "$release/reports/controls.md"
