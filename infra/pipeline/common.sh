# shellcheck shell=sh
# Read by the steps beside it. POSIX shell, so that any forge's runner takes it; nothing of a forge stands here.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck disable=SC2034 # Steps read it.
root=$(CDPATH='' cd -- "$here/../.." && pwd)

fail() {
  printf 'error: %s\n' "$1" >&2
  exit 1
}

# Makes a call, or prints it where PIPELINE_DRY_RUN is 1.
call() {
  if [ "${PIPELINE_DRY_RUN:-0}" = 1 ]; then
    printf 'would call:'
    printf ' %s' "$@"
    printf '\n'
  else
    "$@"
  fi
}

# verified PUBLIC_KEY FILE SIGNATURE: an Ed25519 signature, by OpenSSL and not by what is being released.
verified() {
  openssl pkeyutl -verify -rawin -pubin -inkey "$1" -in "$2" -sigfile "$3" >/dev/null 2>&1
}

signed() {
  openssl pkeyutl -sign -rawin -inkey "$1" -in "$2" -out "$3"
}

# The commit that the release is of. The image's own (`commit`) may be an older one: the last that changed the program.
commit_of() {
  tr -d '\n' <"$1/release-commit"
}
