# For the tests of the tools: sourced from the top folder by tests/cli/*.t, which print TAP and are run by prove.
# The programs come first in PATH, $tmp is a folder that goes at the end, $out and $err hold what the last try printed.

PATH=$PWD/${B:-build}:$PATH
FA_SHARED=${FA_SHARED:-../shared}
models=${FA_MODELS:-${XDG_DATA_HOME:-$HOME/.local/share}/fa}
LC_ALL=C
PYTHONDONTWRITEBYTECODE=1
export PATH LC_ALL PYTHONDONTWRITEBYTECODE
tests=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
out=$tmp/stdout
err=$tmp/stderr

# result STATUS NAME: one TAP line; where STATUS is not 0, what was printed follows as a comment
result() {
    tests=$((tests + 1))
    if [ "$1" = 0 ]; then
        echo "ok $tests - $2"
    else
        echo "not ok $tests - $2"
        sed 's/^/# stdout: /' "$out" | head -n 20
        sed 's/^/# stderr: /' "$err" | head -n 20
    fi
}

# try STATUS COMMAND...: runs it, whose exit status must be STATUS; true if it is
try() {
    want=$1
    shift
    "$@" >"$out" 2>"$err" </dev/null
    got=$?
    [ "$got" = "$want" ] || { echo "# exit status $got, want $want: $*"; return 1; }
}

# check NAME STATUS MESSAGE COMMAND...: exit status as wanted, and MESSAGE (if not empty) in what went to stderr
check() {
    name=$1 status=$2 message=$3
    shift 3
    try "$status" "$@" && { [ -z "$message" ] || grep -qF -e "$message" "$err"; }
    result $? "$name"
}

# same NAME FILE FILE
same() {
    diff "$2" "$3" >"$out" 2>"$err"
    result $? "$1"
}

# skip NAME WHY
skip() {
    tests=$((tests + 1))
    echo "ok $tests - $1 # SKIP $2"
}

skip_all() {
    echo "1..0 # SKIP $1"
    exit 0
}

# A JPEG file of 16x8 pixels, orange left and blue right.
plain_jpeg() {
    base64 -d <<'STOP'
/9j/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4UG1RV19iZ2hnPk1xeXBkeFxlZ2P/2wBDARESEhgVGC
8aGi9jQjhCY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2P/wAARCAAIABADASIAAhEBAxEB/8QAFgAB
AQEAAAAAAAAAAAAAAAAAAAMF/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/EABUBAQEAAAAAAAAAAAAAAAAAAAEE/8QAGhEAAQUBAAAAAAAAAAAAAA
AAAAQFQUKBwf/aAAwDAQACEQMRAD8AqxALNfOlqqD/2Q==
STOP
}

finish() {
    echo "1..$tests"
}
