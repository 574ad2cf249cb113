#!/bin/sh
# evidence.sh RELEASE PUBLIC_KEY BUCKET ACCOUNT KMS_KEY templates|records: what was released, by whom approved, into the locked bucket. The bucket's lock keeps it; nothing is ever overwritten.
. "$(dirname -- "$0")/common.sh"
release=${1:?folder} key=${2:?public key} bucket=${3:?bucket} account=${4:?account of the bucket} encryption=${5:?key of the bucket} part=${6:?templates or records}
"$here/check.sh" "$release" "$key"
commit=$(commit_of "$release")
cd "$release"
# Templates go before the plans, since CloudFormation reads large ones there; the rest afterwards. Layers are in the registry under the digest that was signed.
case $part in
  templates) set -- -path './templates/*' ;;
  records) set -- ! -path './templates/*' ! -path './image/blobs/*' ! -path './assembly/*' ;;
  *) fail "the part is templates or records" ;;
esac
find . -type f "$@" | LC_ALL=C sort | while read -r file; do
  call aws s3api put-object --bucket "$bucket" --expected-bucket-owner "$account" --key "releases/$commit/${file#./}" --body "$file" \
    --if-none-match '*' --checksum-algorithm SHA256 --server-side-encryption aws:kms --ssekms-key-id "$encryption"
done
