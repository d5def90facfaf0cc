#!/bin/sh
# fa-train: histories, several members, what is held out, and runs that are cut short.
. tests/cli/lib.sh

python=/usr/bin/python3
"$python" -c 'import msgpack' 2>/dev/null || skip_all "python3-msgpack is not installed"

# faces NAME OPTION...: $tmp/NAME.emb
faces() {
    name=$1
    shift
    "$python" tests/cli/mixture.py "$@" >"$tmp/$name.emb"
}

# column FILE NAME: that column of a history without quoted cells
column() {
    awk -F, -v name="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i } NR > 1 { print $at }' "$1"
}

faces train rows=600 noise=.7
faces test rows=300 noise=.7 seed=2

# ---- history ----

check "a history" 0 "weights of epoch" fa-train --epochs 4 -b 32 --history "$tmp/history.csv" -o "$tmp/head.fam" "$tmp/train.emb"
[ "$(column "$tmp/history.csv" epoch | tr '\n' ' ')" = "1 2 3 4 " ]
result $? "has a row an epoch"
[ "$(column "$tmp/history.csv" 'age binary_all_no' | sort -u)" = 0.8 ]
result $? "says what no to every class would give"
fa-train -q --epochs 4 -b 32 -j 3 --history "$tmp/again.csv" -o "$tmp/head.fam" "$tmp/train.emb"
for name in history again; do
    sed 's/,[^,]*$//' "$tmp/$name.csv" >"$tmp/$name.cut"
done
same "and differs from run to run in seconds only" "$tmp/history.cut" "$tmp/again.cut"
fa-train -q --epochs 2 --validation-split 0 --history "$tmp/bare.csv" -o "$tmp/head.fam" "$tmp/train.emb"
[ -z "$(column "$tmp/bare.csv" val_loss)$(column "$tmp/bare.csv" 'age val_accuracy')" ] && [ -n "$(column "$tmp/bare.csv" loss)" ]
result $? "validation columns are empty where nothing is held out"

# ---- what early stopping looks at ----

best() {
    sed -n 's/.*weights of epoch \([0-9]*\) of.*/\1/p' "$err"
}
for metric in age:loss age:accuracy gender:balanced_accuracy; do
    check "--monitor $metric" 0 "weights of epoch" fa-train --monitor $metric --patience 5 --epochs 40 --schedule constant \
        --history "$tmp/history.csv" -o "$tmp/head.fam" "$tmp/train.emb"
    want=$(column "$tmp/history.csv" "${metric%:*} val_${metric#*:}" |
        awk -v less="$metric" '{ v = less ~ /loss/ ? -$1 : $1 } NR == 1 || v > best { best = v; at = NR } END { print at }')
    [ "$(best)" = "$want" ]
    result $? "keeps its best epoch"
done
check "a metric that is none" 1 "cannot monitor 'age:mse': 'mse' is not one of" fa-train --monitor age:mse "$tmp/train.emb"
check "a head that is none" 1 "cannot monitor 'eyes:loss': there is no head 'eyes'" fa-train --monitor eyes:loss "$tmp/train.emb"
check "nothing to monitor on" 1 "cannot monitor 'accuracy': nothing is held out to validate on" \
    fa-train --monitor accuracy --validation-split 0 "$tmp/train.emb"

# ---- several members ----

check "three seeds" 0 "age: validation accuracy of 3 runs: min" fa-train --epochs 3 -s 5 --seeds 3 --history "$tmp/history.csv" \
    -o "$tmp/three.fam" "$tmp/train.emb"
[ "$(column "$tmp/history.csv" seed | uniq -c | awk '{ printf "%s:%s ", $2, $1 }')" = "5:3 6:3 7:3 " ]
result $? "are trained in turn"
fa-cat "$tmp/three.fam" >"$out"
grep -q '^head model, 3 members' "$out" && grep -q '^member 3: seed 7,' "$out"
result $? "and kept in one model"
column "$tmp/history.csv" "age val_accuracy" | awk 'NR % 3 == 0 { n++; x = 100 * $1; s += x; q += x * x
    if (n == 1 || x < min) min = x; if (x > max) max = x }
    END { printf "fa-train: age: validation accuracy of 3 runs: min %.1f, mean %.1f, max %.1f, sd %.2f %%\n",
        min, s / n, max, sqrt((q - s * s / n) / (n - 1)) }' >"$tmp/want"
fa-train --epochs 3 -s 5 --seeds 3 --patience 0 -o "$tmp/three.fam" "$tmp/train.emb" 2>&1 | grep 'age: ' >"$tmp/have"
same "the spread is that of the history's last epochs" "$tmp/want" "$tmp/have"

# ---- calibration ----

check "nothing held out" 0 "; nothing held out to calibrate on, temperatures are 1" \
    fa-train --validation-split 0 --epochs 30 -o "$tmp/bare.fam" "$tmp/train.emb"
fa-train -q --epochs 30 --patience 0 --validation-split .3 -o "$tmp/head.fam" "$tmp/train.emb"
for model in head bare; do
    fa-predict -q -P -m "$tmp/$model.fam" -o "$tmp/$model.logit" "$tmp/test.emb"
    fa-predict -q -P --raw -m "$tmp/$model.fam" -o "$tmp/$model-raw.logit" "$tmp/test.emb"
done
show() {
    "$python" -c 'import msgpack, sys
for item in msgpack.Unpacker(open(sys.argv[1], "rb")):
    if item[0] == 1:
        print(item[1], " ".join("%.6g" % x for x in memoryview(item[4]).cast("f")))' "$1"
}
show "$tmp/bare.logit" >"$tmp/want"
show "$tmp/bare-raw.logit" >"$tmp/have"
same "gives the network's logits as they are" "$tmp/want" "$tmp/have"
fa-cat "$tmp/head.fam" >"$out"
[ "$(grep -c '; temperature ' "$out")" = 3 ]
result $? "else each head has a temperature"
"$python" - "$tmp/head.fam" "$tmp/head-raw.logit" "$tmp/head.logit" >"$out" 2>"$err" <<'END'
import sys, msgpack
header, raw, warm = next(msgpack.Unpacker(open(sys.argv[1], "rb")))[4], *(list(msgpack.Unpacker(open(p, "rb"))) for p in sys.argv[2:])
degrees = [t for h, t in zip(header["heads"], header["temperature"]) for c in h["classes"]]
for a, b in zip(raw[1:-1], warm[1:-1]):
    for x, y, t in zip(memoryview(a[4]).cast("f"), memoryview(b[4]).cast("f"), degrees):
        assert abs(x / t - y) < 1e-4, (x, t, y)
END
result $? "by which fa-predict divides, but for --raw"

# ---- what is held out ----

held() {
    sed -n 's/.*trained on, \([0-9]*\) held out.*/\1/p' "$err"
}
check "a stream to validate on" 0 "600 faces trained on, 300 held out" fa-train --validation "$tmp/test.emb" --patience 0 --epochs 6 \
    --history "$tmp/history.csv" -o "$tmp/head.fam" "$tmp/train.emb"
fa-predict -q -m "$tmp/head.fam" "$tmp/test.emb" | "$python" tests/cli/accuracy.py | sed /rejected/d >"$tmp/want"
for head in age gender race; do
    column "$tmp/history.csv" "$head val_accuracy" | tail -n 1 | awk -v head=$head '{ printf "%s %.1f\n", head, 100 * $1 }'
done >"$tmp/have"
same "is what the last accuracies are of" "$tmp/want" "$tmp/have"
fa-predict -q -m "$tmp/head.fam" "$tmp/test.emb" | fa-confusion -q -O "$tmp/tables"
awk -F, '$2 == "balanced_accuracy" { printf "%s %.4f\n", $1, $3 }' "$tmp/tables/summary.csv" >"$tmp/want"
for head in age gender race; do
    column "$tmp/history.csv" "$head val_balanced_accuracy" | tail -n 1 | awk -v head=$head '{ printf "%s %.4f\n", head, $1 }'
done >"$tmp/have"
same "as the balanced accuracies are those that fa-confusion finds" "$tmp/want" "$tmp/have"
fa-train -q -P --validation "$tmp/test.emb" --patience 0 --epochs 6 <"$tmp/train.emb" >"$tmp/again.fam"
fa-train -q -P --validation "$tmp/test.emb" --patience 0 --epochs 6 -o "$tmp/head.fam" "$tmp/train.emb"
cmp -s "$tmp/again.fam" "$tmp/head.fam"
result $? "training from standard input is the same"
fa-cat -q -F json "$tmp/train.emb" >"$tmp/train.json"
count=$(grep -c '"service_test":"True"' "$tmp/train.json")
check "a label that splits" 0 "faces trained on, $count held out" fa-train --split-by service_test=True --epochs 1 -o "$tmp/head.fam" "$tmp/train.emb"
for race in Black "East Asian" White; do
    n=$(grep -c "\"race\":\"$race\"" "$tmp/train.json")
    printf '%d\n%d\n' "$n" $((600 - n))
done >"$tmp/counts"
check "a label that groups" 0 "held out" fa-train --group-by race -l age --validation-split .5 --epochs 1 -o "$tmp/head.fam" "$tmp/train.emb"
grep -qx "$(held)" "$tmp/counts"
result $? "is held out by whole values"
check "no such group" 1 "no record has a label 'person' to group by (there are: age, gender, race, service_test)" \
    fa-train --group-by person "$tmp/train.emb"
check "no such split" 1 "no record to hold out has the label service_test=Yes" fa-train --split-by service_test=Yes "$tmp/train.emb"
check "a split without a value" 2 "--split-by: 'age' is not LABEL=VALUE" fa-train --split-by age "$tmp/train.emb"
check "two splits" 2 "--split-by and --validation exclude each other" fa-train --split-by age=0-2 --validation "$tmp/test.emb" "$tmp/train.emb"
check "a stream that was trained on" 1 "this id was met before" fa-train --validation "$tmp/train.emb" "$tmp/train.emb"
faces card rows=20 seed=3 card=other
check "a stream of another card" 1 "card 'other' does not fit 'test'" fa-train --validation "$tmp/card.emb" "$tmp/train.emb"

# ---- folds ----

faces some rows=600 noise=.7 reject=40 missing=.3
check "five folds" 0 "age: validation accuracy of 5 runs" fa-train --folds 5 --epochs 12 --history "$tmp/history.csv" -o "$tmp/folds.logit" "$tmp/some.emb"
[ "$(column "$tmp/history.csv" fold | uniq | tr '\n' ' ')" = "1 2 3 4 5 " ]
result $? "are told apart in the history"
"$python" tests/cli/accuracy.py <"$tmp/folds.logit" >"$out"
[ "$(sed -n 's/^rejected //p' "$out")" = 15 ] && awk '$1 == "race" { ok = $2 > 75 } END { exit !ok }' "$out"
result $? "give a stream of logits that know something"
fa-cat -q -F json "$tmp/some.emb" | grep -v '"labels":{}' | grep -v '"labels":{"service_test":"[A-Za-z]*"}' | sed 's/^{"id":"\([^"]*\)","labels":\({[^}]*}\).*/\1 \2/' >"$tmp/want"
fa-cat -q -F json "$tmp/folds.logit" | grep -v '"labels":{}' | grep -v '"labels":{"service_test":"[A-Za-z]*"}' | sed 's/^{"id":"\([^"]*\)","labels":\({[^}]*}\).*/\1 \2/' >"$tmp/have"
same "whose records are those of the embeddings, in their order" "$tmp/want" "$tmp/have"
faces shuffled rows=600 noise=.7 shuffle=1
fa-train -q --folds 3 --seeds 2 --epochs 12 "$tmp/shuffled.emb" | "$python" tests/cli/accuracy.py >"$out"
awk '$1 == "age" { a = $2 > 12 && $2 < 28 } $1 == "gender" { g = $2 > 41 && $2 < 59 } $1 == "race" { r = $2 > 24 && $2 < 43 } END { exit !(a && g && r) }' "$out"
result $? "of shuffled labels nothing is known about faces that were left out"
check "one fold" 2 "--folds: want at least 2" fa-train --folds 1 "$tmp/train.emb"
check "folds and a split" 2 "--folds and --split-by exclude each other" fa-train --folds 2 --split-by service_test=True "$tmp/train.emb"
check "more folds than faces" 1 "of 900 has none of 600 records" fa-train --folds 900 --epochs 1 "$tmp/train.emb"

# ---- checkpoints ----

# appears FILE: waits up to 20 seconds until it is there
appears() {
    i=0
    until [ -e "$1" ] || [ $i = 400 ]; do
        sleep .05
        i=$((i + 1))
    done
    [ -e "$1" ]
}

# long FILE OPTION...: two members, each of half a second or more; where $run is exec, in place of the shell
run=
long() {
    name=$1
    shift
    $run fa-train --seeds 2 --epochs 25 --patience 0 --arch "standardize, dropout .3, dense 700 relu, batchnorm, dropout .5, dense 300 relu" \
        --checkpoint "$tmp/run.ckpt" -o "$tmp/$name" "$@" "$tmp/train.emb"
}

# begin FILE: that in the background, until a checkpoint is there
begin() {
    rm -f "$tmp/run.ckpt" "$tmp/$1"
    (run=exec && long "$1" -P --history "$tmp/$1.csv") >"$out" 2>"$err" &
    pid=$!
    appears "$tmp/run.ckpt"
}

end() {
    kill "$1" $pid
    wait $pid
}

check "a run with checkpoints" 0 "" long whole.fam -q -P --history "$tmp/whole.csv"
begin cut.fam
end -9
[ $? = 137 ] && [ ! -e "$tmp/cut.fam" ]
result $? "is killed"
find "$tmp" -type f -name '.?*' -exec rm {} + # kill -9 leaves what was being written: the model, the history or a checkpoint
check "is taken up again" 0 "run.ckpt: goes on after" long cut.fam -P --resume --history "$tmp/cut.csv"
cmp "$tmp/whole.fam" "$tmp/cut.fam" >"$out" 2>&1
result $? "and ends in the same bytes"
for name in whole cut; do
    sed 's/,[^,]*$//' "$tmp/$name.csv" >"$tmp/$name.cut"
done
same "with the same history" "$tmp/whole.cut" "$tmp/cut.cut"
check "is over, and says the same again" 0 "goes on after 50 epochs" long cut.fam -P --resume
cmp -s "$tmp/whole.fam" "$tmp/cut.fam"
result $? "byte by byte"

begin cut.fam
sleep .1
end -15
[ $? = 1 ] && grep -q "^fa-train: stopped in epoch [0-9]*; the same command with --resume goes on from $tmp/run.ckpt$" "$err"
result $? "SIGTERM is an end in good order"
[ ! -e "$tmp/cut.fam" ] && [ -z "$(find "$tmp" -name '.*')" ]
result $? "that leaves nothing but the checkpoint"
check "and can be gone on from" 0 "goes on after" long cut.fam -P -j 3 --resume
cmp "$tmp/whole.fam" "$tmp/cut.fam" >"$out" 2>&1
result $? "to the same bytes"

rm "$tmp/run.ckpt"
check "--resume without a checkpoint begins anew" 0 "run.ckpt: no checkpoint yet, training begins anew" \
    fa-train --epochs 3 --checkpoint "$tmp/run.ckpt" --resume -o "$tmp/one.fam" "$tmp/train.emb"
mv "$tmp/one.fam" "$tmp/two.fam"
try 0 fa-train --epochs 3 --checkpoint "$tmp/run.ckpt" -o "$tmp/one.fam" "$tmp/train.emb" && cmp -s "$tmp/one.fam" "$tmp/two.fam"
result $? "and does not stand in the model, provenance and all"

# refused WHAT REASON OPTION...
refused() {
    what=$1 reason=$2
    shift 2
    check "$what" 1 "run.ckpt: checkpoint of another run ($reason" fa-train --checkpoint "$tmp/run.ckpt" --resume -o "$tmp/no.fam" "$@"
}
refused "other options" "there: batch 64; here: batch 32)" --epochs 3 -b 32 "$tmp/train.emb"
refused "another seed" "there: seed 1; here: seed 2)" --epochs 3 -s 2 "$tmp/train.emb"
refused "more members" "there: networks 1; here: networks 2)" --epochs 3 --seeds 2 "$tmp/train.emb"
refused "another architecture" "there: arch standardize, dropout 0.3, dense 256 relu, dropout 0.5; here: arch none, dense 9 linear)" \
    --epochs 3 --arch "dense 9" "$tmp/train.emb"
refused "other heads" "there: head age: 0-2, 3-9, 10-19, 20-29, more than 70; here: head race: Black," --epochs 3 -l race "$tmp/train.emb"
refused "other data" "there: rows" --epochs 3 "$tmp/test.emb"
"$python" - "$tmp/train.emb" >"$tmp/moved.emb" <<'END'
import sys, msgpack
sys.path.insert(0, "tests/cli")
import fastream
items = [list(item) for item in msgpack.Unpacker(open(sys.argv[1], "rb"))]
items[8][4] = items[9][4]
fastream.write(items[0], items[1:-1])
END
refused "data that differ in a face" "there: data of 600 faces with digest" --epochs 3 "$tmp/moved.emb"
head -c 5000 "$tmp/run.ckpt" >"$tmp/cut.ckpt"
check "a checkpoint cut short" 1 "cut.ckpt: damaged" fa-train --epochs 3 --checkpoint "$tmp/cut.ckpt" --resume -o "$tmp/no.fam" "$tmp/train.emb"
check "no checkpoint at all" 1 "train.emb: not a checkpoint" fa-train --checkpoint "$tmp/train.emb" --resume -o "$tmp/no.fam" "$tmp/test.emb"
check "nothing to resume" 2 "--resume wants a --checkpoint" fa-train --resume "$tmp/train.emb"
check "a checkpoint that cannot be written" 1 "nowhere/x" fa-train --checkpoint "$tmp/nowhere/x" -o "$tmp/no.fam" "$tmp/train.emb"

finish
