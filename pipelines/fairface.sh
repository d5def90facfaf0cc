#!/usr/bin/env bash
# FairFace from pictures to confusion tables and a report:
#   fairface.sh [--tune[=OPTIONS]] [-m CARD] [-c LABELS] [-O OUT] [-j N] [-s SEED] IMAGES
#   IMAGES  the unzipped image folder (either margin): the CSVs' paths, such as train/1.jpg, are relative to it
#   LABELS  folder of fairface_label_train.csv and fairface_label_val.csv (default: IMAGES)
#   OUT     where every stream, the head and the tables are kept (default: out)
#   --tune  search for the head's hyperparameters first (fa-tune, with OPTIONS; default: --factor 10), in OUT/tune, and train
#           the best on for up to 300 epochs; a search that was cut short is gone on with
# A stage is left out only if its command, its program and the contents of all that it reads are those of the last time.
set -eu -o pipefail

usage() { sed -n '3,8s/^# //p' "$0" >&2; exit 2; }
fail() { echo "fairface.sh: $*" >&2; exit 1; }

card=facenet-taps labels='' out=out threads='' seed=1 tune=''
while getopts m:c:O:j:s:h-: option; do
    case $option$OPTARG in
    -tune) tune='--factor 10' && continue ;;
    -tune=*) tune=${OPTARG#tune=} && continue ;;
    -*) usage ;;
    esac
    case $option in
    m) card=$OPTARG ;;
    c) labels=$OPTARG ;;
    O) out=$OPTARG ;;
    j) threads=$OPTARG ;;
    s) seed=$OPTARG ;;
    h) sed -n '2,9s/^# //p' "$0"; exit 0 ;;
    *) usage ;;
    esac
done
shift $((OPTIND - 1))
[ $# = 1 ] || usage
images=$1
labels=${labels:-$images}
here=$(dirname "$(readlink -f "$0")")
[ ! -x "$here/../build/fa-align" ] || PATH=$here/../build:$PATH
command -v fa-align >/dev/null || fail "no fa-align: run make first"
for set in train val; do
    [ -r "$labels/fairface_label_$set.csv" ] || fail "$labels/fairface_label_$set.csv: no such file"
done
mkdir -p "$out"

# The digest of a file by content. A stream ends in a check of all its bytes, so its last bytes stand for the whole.
digest() {
    case $1 in
    *.crop | *.emb | *.logit) tail -c 32 "$1" | sha256sum ;;
    *) sha256sum <"$1" ;;
    esac | cut -d ' ' -f 1
}

# The digest of all pictures below IMAGES, worked out once.
pictures() {
    [ -n "${all_pictures:-}" ] ||
        all_pictures=$(cd "$images" && find -L . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d ' ' -f 1)
}

# stage OUTPUT 'INPUT...' COMMAND...: runs COMMAND, which writes OUTPUT, unless OUTPUT is there and was made by just this.
# An input is a file, `pictures`, or `card:NAME` (the card and the weights that NAME leads to).
stage() {
    local output=$1 inputs=$2 record input
    shift 2
    record=$(printf '%s\n' "command: $*" "program: $(digest "$(command -v "$1")")"
        for input in $inputs; do
            case $input in
            pictures) printf '%s\n' "pictures: $all_pictures" ;;
            card:*) fa-embed --files -m "${input#card:}" | while read -r file; do echo "$file: $(digest "$file")"; done ;;
            *) printf '%s\n' "$input: $(digest "$input")" ;;
            esac
        done)
    if [ -e "$output" ] && [ "$record" = "$(cat "$output.stage" 2>/dev/null)" ]; then
        echo "fairface.sh: ${output#"$out"/} is up to date" >&2
        return
    fi
    rm -f "$output.stage"
    "$@"
    printf '%s\n' "$record" >"$output.stage"
}

pictures
j=${threads:+-j $threads}
for set in train val; do
    csv=$labels/fairface_label_$set.csv
    # shellcheck disable=SC2086 # $j is none or two words
    stage "$out/$set.crop" "$csv pictures card:$card card:mtcnn" fa-align -m "$card" -c "$csv" -C "$images" $j -o "$out/$set.crop"
    # shellcheck disable=SC2086
    stage "$out/$set.emb" "$out/$set.crop card:$card" fa-embed -m "$card" $j -o "$out/$set.emb" "$out/$set.crop"
done
[ -e "$out/history.csv" ] || rm -f "$out/head.fam.stage"
searched=()
if [ -n "$tune" ]; then
    # A journal of another search, which fa-tune would refuse to go on with, makes room.
    search=$(printf '%s\n' "$tune $seed" "$(digest "$(command -v fa-tune)")" "$(digest "$out/train.emb")")
    [ "$search" = "$(cat "$out/tune/search" 2>/dev/null)" ] || { rm -rf "$out/tune" && mkdir "$out/tune" && echo "$search" >"$out/tune/search"; }
    # shellcheck disable=SC2086 # $tune and $j are words
    stage "$out/tune/best.hp" "$out/train.emb" fa-tune $tune $j -s "$seed" -O "$out/tune" "$out/train.emb"
    stage "$out/head.fam" "$out/train.emb $out/tune/best.hp" fa-train --options "$out/tune/best.hp" -b 32 --epochs 300 \
        --validation-split 0.1 -s "$seed" --history "$out/history.csv" -o "$out/head.fam" "$out/train.emb"
    searched=(--trials "$out/tune/trials.csv" --epochs "$out/tune/epochs.csv")
else
    stage "$out/head.fam" "$out/train.emb" fa-train -s "$seed" --history "$out/history.csv" -o "$out/head.fam" "$out/train.emb"
fi
for set in train val; do
    stage "$out/$set.logit" "$out/$set.emb $out/head.fam" fa-predict -m "$out/head.fam" -o "$out/$set.logit" "$out/$set.emb"
    mkdir -p "$out/$set"
    stage "$out/$set/summary.csv" "$out/$set.logit" fa-confusion -O "$out/$set" "$out/$set.logit"
done
stage "$out/report.html" "$out/val.logit $out/val.crop $out/head.fam $out/history.csv" fa-report --crops "$out/val.crop" \
    -m "$out/head.fam" --history "$out/history.csv" "${searched[@]}" --title "FairFace, validation part" -o "$out/report.html" \
    "$out/val.logit"
fa-confusion -q --pretty "$out/val.logit"
echo "report: $out/report.html; tables: $out/val/*.csv (of the training part: $out/train/*.csv); head: $out/head.fam; streams: $out/*.crop *.emb *.logit"
