#!/bin/sh
# fa-tune: what it finds, whatever the threads and however often it is killed, and what it refuses.
. tests/cli/lib.sh

python=/usr/bin/python3
"$python" -c 'import msgpack' 2>/dev/null || skip_all "python3-msgpack is not installed"
"$python" tests/cli/mixture.py rows=400 noise=.7 >"$tmp/train.emb"
"$python" tests/cli/mixture.py rows=200 noise=.7 seed=2 >"$tmp/test.emb"

cat >"$tmp/small.space" <<'END'
# two parameters that matter, one under a condition
units = int 4..32 step 4
deep = bool
more = int 4..16 step 4 if deep == true
lr = float 1e-4..1e-1 log
arch = fixed dense {units} relu[, dense {more} relu]
batch = fixed 32
validation-split = fixed 0.25
END
# tune FOLDER OPTION...: a search of 30 trials
tune() {
    folder=$1
    shift
    fa-tune -q -P --space "$tmp/small.space" --max-epochs 10 -O "$tmp/$folder" "$@" "$tmp/train.emb"
}
# the same in the place of the shell that runs it, so that $! is its own
instead() {
    folder=$1
    shift
    exec fa-tune -q -P --space "$tmp/small.space" --max-epochs 10 -O "$tmp/$folder" "$@" "$tmp/train.emb"
}
# column FILE NAME: a column of a table
column() {
    "$python" -c 'import csv, sys
for r in csv.DictReader(open(sys.argv[1])): print(r[sys.argv[2]])' "$1" "$2"
}
# timeless FILE: the table without its seconds
timeless() {
    "$python" -c 'import csv, sys
for r in csv.DictReader(open(sys.argv[1])): r.pop("seconds"); print(r)' "$1"
}
# content FOLDER: its journal's records without seconds and order
content() {
    cut -c 18- "$tmp/$1/journal" | sed -e 's/\tseconds=[^\t]*//' -e 's/,[0-9.]*;/;/g' -e 's/,[0-9.]*$//' | sort
}

# ---- a search ----

check "a search" 0 "30 trials done, 0 failed, 120 epochs" fa-tune -P --space "$tmp/small.space" --max-epochs 10 -j 1 -O "$tmp/one" \
    -o "$tmp/one.fam" "$tmp/train.emb"
grep -q '^fa-tune: trial 30 (bracket 0, round 0): score .* best .* of trial' "$err"
result $? "tells of each trial"
[ "$(wc -l <"$tmp/one/trials.csv")" = 31 ] && [ "$(wc -l <"$tmp/one/epochs.csv")" = 121 ]
result $? "has a row for each trial and each epoch"
best=$("$python" -c 'import csv, sys
rows = list(csv.DictReader(open(sys.argv[1])))
print(max(float(r["score"]) for r in rows), all((r["deep"] == "true") == (r["more"] != "") for r in rows),
      all(abs(float(r["score"]) - sum(float(v) for k, v in r.items() if k.endswith("val_accuracy"))) < 1e-6 for r in rows))' "$tmp/one/trials.csv")
[ "$(sed -n '1s/.*score //p' "$tmp/one/best.hp")" = "$(printf %.9g "${best%% *}")" ] && [ "${best#* }" = "True True" ]
result $? "the best one is the best, scores are sums of accuracies, conditions hold"
tune two -j 2
for table in trials epochs; do
    timeless "$tmp/one/$table.csv" >"$tmp/one.txt"
    timeless "$tmp/two/$table.csv" >"$tmp/two.txt"
    same "two threads: the same $table" "$tmp/one.txt" "$tmp/two.txt"
done
fa-train -q -P --options "$tmp/one/best.hp" -o "$tmp/again.fam" "$tmp/train.emb"
cmp -s "$tmp/one.fam" "$tmp/again.fam"
result $? "fa-train makes the same model by best.hp"
[ "$(find "$tmp/one" -name '*.state' | wc -l)" = 1 ]
result $? "only the best one's state is kept"
tune three --keep 3 -j 2
[ "$(find "$tmp/three" -name '*.state' | wc -l)" = 3 ]
result $? "... or as many as are asked for"
rm "$tmp"/one/*.state
tune one -o "$tmp/again.fam"
cmp -s "$tmp/one.fam" "$tmp/again.fam"
result $? "without it the model is trained anew"
for file in "$tmp"/two/*.state; do head -c 5000 "$file" >"$tmp/cut" && mv "$tmp/cut" "$file"; done
check "a damaged state is not believed" 0 "it is trained anew" fa-tune -P --space "$tmp/small.space" --max-epochs 10 -O "$tmp/two" \
    -o "$tmp/again.fam" "$tmp/train.emb"
cmp -s "$tmp/one.fam" "$tmp/again.fam"
result $? "... and does no harm"
tune retrained --retrain -o "$tmp/all.fam"
[ "$(fa-cat "$tmp/all.fam" | grep -c '400 faces')" -ge 1 ]
result $? "--retrain takes all faces"

# ---- kills ----

# With batches this small it takes some seconds.
tune undisturbed -j 2 -b 1 --iterations 20
hits=0
for moment in 1 2 3 4 5 6 7 8 9 10; do
    instead killed -j 2 -b 1 --iterations 20 &
    sleep "0.$(awk -v seed="$$$moment" 'BEGIN { srand(seed); print sprintf("%03d", 50 + 150 * rand()) }')"
    kill -9 $! 2>/dev/null
    wait $! 2>/dev/null
    [ $? != 137 ] || hits=$((hits + 1))
done
[ $hits = 10 ]
result $? "killed ten times at random moments"
tune killed -j 2 -b 1 --iterations 20
content undisturbed >"$tmp/one.txt"
content killed >"$tmp/killed.txt"
same "... and run again, a search has the same journal" "$tmp/one.txt" "$tmp/killed.txt"
same "... and the same winner" "$tmp/undisturbed/best.hp" "$tmp/killed/best.hp"
tune two --iterations 2 -j 2
tune longer --iterations 2
content longer >"$tmp/one.txt"
content two >"$tmp/killed.txt"
same "more iterations extend a search that is through" "$tmp/one.txt" "$tmp/killed.txt"
check "--cap-seconds may stop it before any trial is done" 1 "stopped before any trial was done" tune slow --cap-seconds 0.001
tune slow
cmp -s "$tmp/slow/best.hp" "$tmp/one/best.hp"
result $? "... and it goes on"
printf '0123' >>"$tmp/slow/journal"
check "a record cut off is taken off" 0 "" tune slow
sed -i '5s/trial/triel/' "$tmp/slow/journal"
check "a damaged journal is refused" 1 "slow/journal: line 5: damaged" tune slow

for jobs in 1 3; do
    fa-tune -q --space "$tmp/small.space" --max-epochs 27 --promote best --lr 0.3 -j $jobs -O "$tmp/promote$jobs" "$tmp/train.emb" 2>"$err"
    timeless "$tmp/promote$jobs/trials.csv" >"$tmp/promote$jobs.txt"
done
same "--promote best does not depend on -j" "$tmp/promote1.txt" "$tmp/promote3.txt"
fa-tune -q --space "$tmp/small.space" --max-epochs 27 --lr 0.3 -O "$tmp/last" "$tmp/train.emb" 2>"$err"
[ "$(column "$tmp/last/epochs.csv" val_loss)" != "$(column "$tmp/promote1/epochs.csv" val_loss)" ]
result $? "... and is not going on from the last epoch"
fa-tune -q --space "$tmp/small.space" --max-epochs 27 --promote best --lr 0.3 --cap-trials 35 -O "$tmp/part" "$tmp/train.emb" 2>"$err"
rm -f "$tmp/part/"*.state
fa-tune -q --space "$tmp/small.space" --max-epochs 27 --promote best --lr 0.3 -O "$tmp/part" "$tmp/train.emb" 2>"$err"
timeless "$tmp/part/trials.csv" >"$tmp/part.txt"
same "... nor on states that were lost" "$tmp/promote1.txt" "$tmp/part.txt"
check "--promote worst" 2 "--promote: 'worst' is none of best, last" tune x --promote worst

printf '%s\n' 'round = int 4..32 step 4' 'to = choice relu sigmoid' 'arch = fixed dense {round} {to}' >"$tmp/names.space"
for time in first second; do
    fa-tune -q --space "$tmp/names.space" --max-epochs 3 -O "$tmp/names" "$tmp/train.emb"
    mv "$tmp/names/trials.csv" "$tmp/names/$time.csv"
done
same "parameters may have the names of a record's fields" "$tmp/names/first.csv" "$tmp/names/second.csv"

# ---- another search in the same folder ----

for option in '--seed 2' '--factor 4' '--set units=bool' '--objective loss' '--repeats 2' '--lr 1e-3' '--score last' '--sampler tpe' '--max-epochs 9' '--retries 1' '-l age' '--search paper --max-epochs 10'; do
    # shellcheck disable=SC2086
    check "refused: $option" 1 "/one/journal: of another search (there: " tune one $option
done
check "... naming what differs" 1 "(there: seed = 1; here: seed = 2)" tune one --seed 2
check "other data is refused" 1 "(there: data = 400 faces" fa-tune -q --space "$tmp/small.space" --max-epochs 10 -O "$tmp/one" "$tmp/test.emb"
instead busy -j 1 --iterations 40 &
sleep 0.5
check "two at once are refused" 1 "busy/journal: in use by another search (process $!)" tune busy
kill -9 $!
wait $! 2>/dev/null

# ---- schedules, samplers, objectives ----

for search in paper asha random 'random --trials 12 --sampler tpe' 'keras --sampler tpe --iterations 2'; do
    rm -rf "$tmp/x"
    # shellcheck disable=SC2086
    check "--search $search" 0 "" tune x -j 1 --search $search
done
rm -rf "$tmp/x"
check "a grid" 0 "" tune x --search grid --set 'lr = choice 1e-3 1e-2' --set 'units = int 4..8 step 4' --set 'more = fixed 4 if deep == true' --max-epochs 2
[ "$(wc -l <"$tmp/x/trials.csv")" = 9 ]
result $? "has all its points"
rm -rf "$tmp/x"
check "space exhausted" 0 "space exhausted: no configuration is left" fa-tune --space "$tmp/small.space" --set 'lr = choice 1e-3 1e-2' --set 'units = fixed 8' \
    --set 'more = fixed 4 if deep == true' --max-epochs 10 -O "$tmp/x" "$tmp/train.emb"
[ "$(column "$tmp/x/trials.csv" round | grep -c '^0$')" = 4 ]
result $? "... after each was tried"
for objective in 'age:nll' 'balanced_accuracy' '0.5*gender:accuracy + age:balanced_accuracy' 'accuracy - loss'; do
    rm -rf "$tmp/x"
    check "--objective $objective" 0 "" tune x --cap-trials 3 --objective "$objective"
    [ "$(wc -l <"$tmp/x/trials.csv")" = 4 ]
    result $? "... and --cap-trials"
done
rm -rf "$tmp/x"
check "losses may be wanted high" 0 "" tune x --cap-epochs 7 --objective loss --direction max
[ "$(wc -l <"$tmp/x/epochs.csv")" = 7 ] && [ "$(column "$tmp/x/trials.csv" score | sort -g | tail -n 1 | xargs printf %.9g)" = "$(sed -n '1s/.*score //p' "$tmp/x/best.hp")" ]
result $? "... within --cap-epochs"
rm -rf "$tmp/x"
check "repeats" 0 "" tune x --repeats 3 --cap-trials 2 -o "$tmp/three.fam"
[ "$(cut -d , -f 2 "$tmp/x/epochs.csv" | sort -u | tr '\n' ' ')" = "1 2 3 run " ] && fa-cat "$tmp/three.fam" | grep -q '3 members'
result $? "... are members of the model"
rm -rf "$tmp/x"
check "folds" 0 "" tune x --folds 3 --cap-trials 2 --retrain -o "$tmp/fold.fam"
[ "$(cut -d , -f 2 "$tmp/x/epochs.csv" | sort -u | tr '\n' ' ')" = "1 2 3 run " ] && fa-cat "$tmp/fold.fam" | grep -q '^member 1: .* 400 faces, 0 held out'
result $? "... are trained one by one, and all of them by --retrain"
rm -rf "$tmp/x"
check "what is held out, mapped, and a weight that is tuned" 0 "" tune x --set 'validation-split = fixed 0' --split-by service_test=True --group-by race \
    --map 'age:3-9=0-2|10-19' --set 'w = choice 0.5 2' --head-weight 'race={w}' -l age,race --cap-trials 3
grep -q '^head-weight = race=\(0.5\|2\)$' "$tmp/x/best.hp" && grep -q 'map=age:3-9=0-2|10-19' "$tmp/x/journal" && ! grep -q gender "$tmp/x/trials.csv"
result $? "... all have their effect"
check "... and are what the journal is of" 1 "of another search (there: data = " tune x --split-by service_test=False --group-by race \
    --set 'validation-split = fixed 0' --map 'age:3-9=0-2|10-19' --set 'w = choice 0.5 2' --head-weight 'race={w}' -l age,race --cap-trials 3
rm -rf "$tmp/x"
check "small networks only" 0 "" tune x --cap-parameters 600 --cap-trials 20
[ "$(column "$tmp/x/trials.csv" parameters | sort -n | tail -n 1)" -le 600 ]
result $? "... are drawn"
rm -rf "$tmp/x"
check "a held out stream, the last epoch, an option of fa-train" 0 "" tune x --set 'validation-split = fixed 0' --validation "$tmp/test.emb" --score last --label-smoothing 0.1 --cap-trials 2
grep -q '^label-smoothing = 0.1$' "$tmp/x/best.hp" && [ "$(column "$tmp/x/trials.csv" label-smoothing | sort -u)" = 0.1 ]
result $? "... goes into best.hp"

# ---- failures ----

deep='arch = fixed dense {units} linear, dense 32 linear, dense 32 linear, dense 32 linear[, dense {more} linear]'
rm -rf "$tmp/x"
check "trials that fail are tried again, and replaced" 0 "" tune x --set 'lr = choice 1e-4 99' --set "$deep" --optimizer sgd --retries 1 --failures 0 --cap-trials 8
"$python" -c 'import csv, sys
rows = list(csv.DictReader(open(sys.argv[1])))
failed = [r for r in rows if r["status"] == "failed"]
assert failed and all(r["lr"] == "99" and "not finite" in r["failure"] for r in failed), failed
assert {r["try"] for r in failed} >= {"1", "2"} and len([r for r in rows if r["status"] == "done"]) == 8, rows' "$tmp/x/trials.csv" 2>"$err"
result $? "... and recorded"
rm -rf "$tmp/x"
check "three in a row end it" 1 "3 trials failed in a row" tune x -j 1 --set 'lr = fixed 99' --set "$deep" --optimizer sgd
[ "$(grep -c failed "$tmp/x/trials.csv")" = 3 ]
result $? "... and are in the table"
check "... and again" 1 "3 trials failed in a row" tune x --set 'lr = fixed 99' --set "$deep" --optimizer sgd

# ---- dry run ----

check "--dry-run" 0 "" tune none --dry-run --factor 3
grep -q '^30 trials, 120 epochs of 1 network; at .* s an epoch about .* s on' "$out" && grep -q '^        1       2     1      4     2     4      8$' "$out" && [ ! -e "$tmp/none" ]
result $? "prints the schedule and the time, and leaves nothing"
check "min epochs" 0 "" tune none --dry-run --min-epochs 4
grep -q '^4 trials, 40 epochs' "$out"
result $? "leave out a bracket"

# ---- wrong usage ----

check "a map that is tuned" 2 "parameter map: what trials are scored on must be the same" tune none --set 'map = choice age:0-2=3-9 age:3-9=0-2'
check "a parameter that is none" 2 "parameter width: neither an option of fa-train nor used in a template as {width}" tune none --set 'width = bool'
check "a value fa-train would not take" 2 "parameter lr: --lr: '1000' is not a number from 1e-09 to 100" tune none --set 'lr = choice 1e-3 1000'
check "a name fa-train does not know" 2 "parameter optimizer: --optimizer: 'lion' is none of adam, adamw, sgd" tune none --set 'optimizer = choice adam lion'
check "a split that is tuned" 2 "parameter validation-split: what trials are scored on must be the same" tune none --set 'validation-split = choice .1 .2'
check "a line that is none" 1 "'units = flaot 1..2': units: 'flaot' is none of int, float, choice, bool, fixed" tune none --set 'units = flaot 1..2'
check "a space that is not there" 1 "/nowhere: No such file or directory" fa-tune --space /nowhere "$tmp/train.emb"
printf 'lr = float 1..2\n\nlr = bool\n' >"$tmp/bad.space"
check "a space with a fault" 1 "bad.space: line 3: lr stands twice" fa-tune --space "$tmp/bad.space" "$tmp/train.emb"
check "no such search" 2 "--search: 'bayes' is none of keras, paper, asha, random, grid" tune none --search bayes
check "no such sampler" 2 "--sampler: 'gp' is none of random, tpe" tune none --sampler gp
check "no such epoch" 2 "--score: 'first' is none of best, last" tune none --score first
check "no such metric" 2 "--objective: 'auc' is not one of loss (or nll), accuracy, balanced_accuracy" tune none --objective auc
check "no such head" 2 "--objective: there is no head 'eyes'" tune none --objective eyes:loss
check "no such direction" 2 "--direction: 'up' is none of max, min" tune none --direction up
check "two directions" 2 "losses and accuracies pull in two directions, want --direction" tune none --objective 'accuracy + loss'
check "more trials of a schedule that says how many" 2 "--trials is for asha and random" tune none --trials 5
check "a grid without steps" 2 "a grid wants a step for each number" tune none --search grid
check "epochs the wrong way round" 2 "no schedule from 20 to 10 epochs" tune none --min-epochs 20
check "retraining into nowhere" 2 "--retrain wants an --output" tune none --retrain
check "folds make no single model" 2 "--output of a search by --folds wants --retrain" tune none --folds 3 -o "$tmp/x.fam"
check "nothing held out" 1 "nothing is held out" tune none --set 'validation-split = fixed 0'
check "a folder that cannot be" 1 "/nowhere/x: No such file or directory" tune ../../../../../../../../nowhere/x
check "options that are no options" 2 "one.txt: line 1: " fa-train --options "$tmp/one.txt" "$tmp/train.emb"
printf '# x\n\nlr 5\n' >"$tmp/bad.hp"
check "a line without =" 2 "bad.hp: line 3: 'lr 5' is not of the form NAME = VALUE" fa-train --options "$tmp/bad.hp" "$tmp/train.emb"
printf 'rate = 5\n' >"$tmp/bad.hp"
check "an option that fa-train has not" 2 "bad.hp: line 1: no option 'rate' with a value" fa-train --options "$tmp/bad.hp" "$tmp/train.emb"
check "a file of options that is not there" 1 "/nowhere: No such file or directory" fa-train --options /nowhere "$tmp/train.emb"

finish
