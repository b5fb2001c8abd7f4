#!/usr/bin/env bash
# Runs this finding again: exit 0 reproduced, 1 not reproduced, 2 cannot run.
# Arguments are passed on to `fuzz repro`.
set -u

here=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P) || exit 2

# The checkout that this folder lies in, else the installed `fuzz`.
fuzz=""
folder=$here
while [ -z "$fuzz" ]; do
    if [ -x "$folder/scripts/fuzz" ] && [ -d "$folder/fuzzer" ]; then
        fuzz=$folder/scripts/fuzz
    fi
    [ "$folder" = / ] && break
    folder=$(dirname -- "$folder")
done
if [ -z "$fuzz" ]; then
    fuzz=$(type -P fuzz) || {
        echo "cannot run: no checkout of the fuzzer above $here, and no \`fuzz\` on PATH" >&2
        echo "hint: copy this folder into the artifacts folder of a checkout, or put its scripts/ on PATH" >&2
        exit 2
    }
fi

"$fuzz" repro "$here" "$@"
case $? in
    0) exit 0 ;;
    7) exit 1 ;;
    *) exit 2 ;;
esac
