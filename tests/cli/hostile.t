#!/bin/sh
# Network files that are malformed, truncated, cyclic, gigantic or wrongly typed (tests/golden/make_hostile.py): each is told
# by one line of its own, tests/golden/hostile.txt, and status 1.
. tests/cli/lib.sh

cd tests/golden/hostile || exit 1
PATH=$OLDPWD/${B:-build}:$PATH
for file in *; do
    fa-embed --describe "$file" >"$out" 2>"$err"
    status=$?
    [ $status = 1 ] && [ ! -s "$out" ] || echo "$file: status $status, or something was printed" >>"$tmp/wrong"
    cat "$err" >>"$tmp/told"
done
touch "$tmp/wrong"
same "no file is taken for a network" "$tmp/wrong" /dev/null
same "each is told by its line" ../hostile.txt "$tmp/told"
finish
