#!/bin/sh
# fa-train: what it learns, what it says, and what it refuses.
. tests/cli/lib.sh

python=/usr/bin/python3
"$python" -c 'import msgpack' 2>/dev/null || skip_all "python3-msgpack is not installed"

# faces NAME OPTION...: $tmp/NAME.emb
faces() {
    name=$1
    shift
    "$python" tests/cli/mixture.py "$@" >"$tmp/$name.emb"
}

# above FILE HEAD FLOOR [CEILING]: the head's accuracy in a list of accuracy.py is within
above() {
    awk -v head="$2" -v floor="$3" -v ceiling="${4:-100}" '$1 == head { ok = $2 >= floor && $2 <= ceiling }
        END { exit !ok }' "$1"
}

# learns NAME HEAD FLOOR [CEILING], as $out has them
learns() {
    above "$out" "$2" "$3" "$4"
    result $? "$1"
}

faces train rows=1500 noise=.7
faces test rows=500 noise=.7 seed=2

# ---- learning ----

check "trains on embeddings" 0 "1332 faces trained on, 168 held out, 0 unlabelled, 0 rejected; weights of epoch" \
    fa-train -P --patience 0 -o "$tmp/head.fam" "$tmp/train.emb"
[ "$(grep -c '^ *[0-9][0-9]*  |' "$err")" = 25 ]
result $? "says a line an epoch"
head -n 3 "$err" | cut -c 1-36 >"$tmp/table"
cat >"$tmp/want" <<'END'
        | age                       
 epoch  |   loss     %  v.loss   v.%
 prior  |  1.608  20.9   1.603  19.6
END
same "begins with the baselines" "$tmp/want" "$tmp/table"
fa-predict -q -m "$tmp/head.fam" "$tmp/test.emb" | "$python" tests/cli/accuracy.py >"$out"
learns "age is learned" age 50
learns "gender is learned" gender 75
learns "race is learned" race 80
! grep -q service_test "$out"
result $? "service_test is not"

faces shuffled rows=1500 noise=.7 shuffle=1
fa-train -q -o "$tmp/shuffled.fam" "$tmp/shuffled.emb"
fa-predict -q -m "$tmp/shuffled.fam" "$tmp/test.emb" | "$python" tests/cli/accuracy.py >"$out"
learns "of shuffled labels nothing is learned about age" age 12 28
learns "... nor about gender" gender 41 59
learns "... nor about race" race 24 43

faces partly rows=1500 noise=.7 missing=.4 reject=50
check "rows without a label train the other heads; rejects are counted" 0 "unlabelled, 30 rejected" \
    fa-train -o "$tmp/partly.fam" "$tmp/partly.emb"
fa-predict -q -m "$tmp/partly.fam" "$tmp/test.emb" | "$python" tests/cli/accuracy.py >"$out"
learns "and are not in the way" race 80

sample=pipelines/sample/fairface
fa-train -q -o "$tmp/sample.fam" $sample-train.emb
fa-predict -q -m "$tmp/sample.fam" $sample-val.emb >"$tmp/sample.logit"
"$python" tests/cli/accuracy.py <"$tmp/sample.logit" >"$out"
learns "real faces: age (16 % are of the commonest bracket)" age 35
learns "real faces: gender (58 %)" gender 75
learns "real faces: race (19 %)" race 38
"$python" tests/cli/permute.py records <$sample-val.emb | fa-predict -q -m "$tmp/sample.fam" | fa-confusion -q -p >"$tmp/permuted"
fa-confusion -q -p "$tmp/sample.logit" >"$tmp/table"
same "real faces: permuted records give the same tables" "$tmp/table" "$tmp/permuted"
"$python" tests/cli/permute.py labels <$sample-train.emb | fa-train -q -o "$tmp/sample.fam"
fa-predict -q -m "$tmp/sample.fam" $sample-val.emb | "$python" tests/cli/accuracy.py >"$out"
learns "real faces with each other's labels: nothing is learned about age" age 0 27
learns "... nor about gender" gender 30 65
learns "... nor about race" race 0 28

# ---- the same bytes ----

fa-train -q -P --patience 0 "$tmp/train.emb" >"$tmp/stdout.fam"
cmp -s "$tmp/head.fam" "$tmp/stdout.fam"
result $? "the model on standard output is that of -o"
fa-train -q -P --patience 0 -j 3 -o "$tmp/again.fam" "$tmp/train.emb"
cmp -s "$tmp/head.fam" "$tmp/again.fam"
result $? "-j does not change a byte"
faces permuted rows=1500 noise=.7 order=5
fa-train -q -P --patience 0 <"$tmp/permuted.emb" >"$tmp/again.fam"
cmp -s "$tmp/head.fam" "$tmp/again.fam"
result $? "nor does the order of the records"
fa-train -q -P --patience 0 -s 0 -o "$tmp/again.fam" "$tmp/train.emb"
! cmp -s "$tmp/head.fam" "$tmp/again.fam"
result $? "another seed does"
check "quiet is quiet" 0 "" fa-train -q -o "$tmp/again.fam" --epochs 2 "$tmp/train.emb"
[ ! -s "$err" ] && [ ! -s "$out" ]
result $? "to the last letter"

# ---- options ----

check "heads by -l" 0 "race" fa-train -l race,service_test -o "$tmp/again.fam" --epochs 3 "$tmp/train.emb"
grep -q service_test "$err" && ! grep -q gender "$err"
result $? "and only those"
check "the original's network is one line" 0 "weights of epoch" fa-train --epochs 2 -b 16 --optimizer adam --lr 1e-3 \
    --schedule constant --arch "dense 464 relu, dropout .2, dense 480 relu, dropout .4, dense 32 relu, batchnorm, dense 64 relu, batchnorm" \
    -o "$tmp/again.fam" "$tmp/train.emb"
check "early stopping" 0 "weights of epoch" fa-train --epochs 200 --patience 2 --schedule constant --arch "standardize, dense 300 relu" \
    -o "$tmp/again.fam" "$tmp/train.emb"
[ "$(grep -c '^ *[0-9][0-9]*  |' "$err")" -lt 100 ]
result $? "ends early"
check "no validation" 0 ", 0 held out" fa-train --validation-split 0 --epochs 3 -o "$tmp/again.fam" "$tmp/train.emb"

# ---- loss and optimisers ----

check "SGD with all that goes with it" 0 "weights of epoch" fa-train --optimizer sgd --lr .05 --momentum .8 --clip 1 --warmup 2 \
    --schedule plateau --decay-epochs 2 --decay-factor .5 -o "$tmp/sgd.fam" "$tmp/train.emb"
fa-predict -q -m "$tmp/sgd.fam" "$tmp/test.emb" | "$python" tests/cli/accuracy.py >"$out"
learns "learns, too" race 80
fa-train -q -P --optimizer sgd --clip 1 -j 1 --epochs 3 -o "$tmp/sgd.fam" "$tmp/train.emb"
fa-train -q -P --optimizer sgd --clip 1 -j 3 --epochs 3 -o "$tmp/again.fam" "$tmp/train.emb"
cmp -s "$tmp/sgd.fam" "$tmp/again.fam"
result $? "to the same bytes for any -j"
check "a head of weight 0" 0 "weights of epoch" fa-train --head-weight gender=0 --head-weight race=.5 -o "$tmp/again.fam" "$tmp/train.emb"
grep -q 'gender' "$err"
result $? "is in the table"
fa-predict -q -m "$tmp/again.fam" "$tmp/test.emb" | "$python" tests/cli/accuracy.py >"$out"
learns "and predicted, though not learned" gender 10 70
learns "the others are" race 80
printf 'weight,class,head\n1,White,race\n1,Black,race\n0,East Asian,race\n' >"$tmp/weights.csv"
for how in inverse effective "$tmp/weights.csv"; do
    fa-train -q -l race --class-weight "$how" --label-smoothing .1 -o "$tmp/weighed.fam" "$tmp/train.emb"
    fa-predict -q -m "$tmp/weighed.fam" "$tmp/test.emb" >"$tmp/weighed.logit"
    "$python" tests/cli/accuracy.py <"$tmp/weighed.logit" >"$out"
    case $how in
    *.csv) learns "a class of weight 0 is not learned, the others are" race 45 68 ;;
    *) learns "class weights: $how" race 80 ;;
    esac
done
# Half of the faces of two races are only known as Asian or Black; nothing but the others tells the two apart.
"$python" tests/cli/coarsen.py race "East Asian,Black" Dark <"$tmp/train.emb" >"$tmp/coarse.emb"
check "coarse labels" 0 "0 unlabelled" fa-train -l race --map "race:Dark=East Asian|Black" -o "$tmp/coarse.fam" "$tmp/coarse.emb"
fa-predict -q -m "$tmp/coarse.fam" "$tmp/test.emb" | "$python" tests/cli/accuracy.py >"$out"
learns "teach the fine classes" race 80
fa-cat "$tmp/coarse.fam" | grep -q '^race (3): Black, East Asian, White\(;\|$\)'
result $? "and are no class themselves"

# ---- refusals ----

check "an unknown layer" 2 "fa-train: --arch: architecture: 'conv 3': not one of dense, dropout, batchnorm" \
    fa-train --arch "conv 3" "$tmp/train.emb"
check "an unknown optimiser" 2 "--optimizer: 'lion' is none of adam, adamw, sgd" fa-train --optimizer lion "$tmp/train.emb"
check "an unknown schedule" 2 "--schedule: 'x' is none of constant, cosine, step, plateau" fa-train --schedule x "$tmp/train.emb"
check "a head weight without a number" 2 "--head-weight: 'age' is not of the form HEAD=W" fa-train --head-weight age "$tmp/train.emb"
check "a head that is not there" 1 "fa-train: --head-weight: label 'eyes' is not among those learned" \
    fa-train --head-weight eyes=1 "$tmp/train.emb"
check "no head to train" 2 "--head-weight: no head is left to train" fa-train -l age --head-weight age=0 "$tmp/train.emb"
check "class weights from no file" 1 "nowhere.csv: cannot open: No such file" fa-train --class-weight "$tmp/nowhere.csv" "$tmp/train.emb"
printf 'head,class,weight\nrace,White,1\n' >"$tmp/weights.csv"
check "class weights for some classes" 1 "weights.csv: no weight for 'East Asian' of 'race'" \
    fa-train --class-weight "$tmp/weights.csv" "$tmp/train.emb"
check "a mapping without a colon" 2 "--map: 'Asian=White' is not of the form HEAD:LABEL=CLASS|CLASS..." \
    fa-train --map Asian=White "$tmp/train.emb"
check "a mapping to nothing" 2 "--map: 'race:White=Black|' has an empty class" fa-train --map "race:White=Black|" "$tmp/train.emb"
check "a mapping of a label that is not there" 1 \
    "fa-train: --map: label 'race' has no class 'Asian' (there are: Black, East Asian, White)" \
    fa-train --map "race:Asian=White" "$tmp/train.emb"
check "an empty name" 2 "--labels: 'age,,race' has an empty name" fa-train -l age,,race "$tmp/train.emb"
check "a label that is not there" 1 "fa-train: no record has a label 'eyes' (there are: age, gender, race, service_test)" \
    fa-train -l eyes "$tmp/train.emb"
faces bare rows=20 labels=
check "no labels at all" 1 "no record has a label age, gender or race (the records have no labels)" fa-train "$tmp/bare.emb"
faces one rows=20 labels=one
check "a single class" 1 "label 'one' has a single class ('only'), want at least two" fa-train -l one "$tmp/one.emb"
faces rejects rows=2 reject=1
faces none rows=0
check "no records" 1 "nothing to train on" fa-train "$tmp/none.emb"
check "no input" 1 "empty input, want a fa stream" fa-train /dev/null
check "no file" 1 "No such file" fa-train "$tmp/nowhere.emb"
faces nan rows=20 nan=7
check "not a number" 1 "record 7 (1-00006.jpg): number 1 of 24 is not a number" fa-train "$tmp/nan.emb"
check "an id twice" 1 "this id was met before" fa-train "$tmp/test.emb" "$tmp/test.emb"
faces other rows=20 card=other seed=9
check "two cards" 1 "card 'other' does not fit 'test'" fa-train "$tmp/test.emb" "$tmp/other.emb"
head -c 5000 "$tmp/test.emb" >"$tmp/cut.emb"
check "a cut stream" 1 "stream ended early after record" fa-train -o "$tmp/head.fam" "$tmp/cut.emb"
cmp -s "$tmp/head.fam" "$tmp/stdout.fam"
result $? "leaves the model as it was"
fa-predict -q -m "$tmp/head.fam" -o "$tmp/test.logit" "$tmp/test.emb"
check "the wrong kind" 1 "logit stream, want embedding" fa-train "$tmp/test.logit"
for from in file input pipe; do
    case $from in
    file) fa-train -qP --epochs 2 -o "$tmp/$from.fam" "$tmp/train.emb" ;;
    input) fa-train -qP --epochs 2 -o "$tmp/$from.fam" <"$tmp/train.emb" ;;
    pipe) cat "$tmp/train.emb" | fa-train -qP --epochs 2 -o "$tmp/$from.fam" ;;
    esac
done
same "a mapped file and standard input train the same model" "$tmp/file.fam" "$tmp/input.fam"
same "... and a pipe" "$tmp/file.fam" "$tmp/pipe.fam"
head -c 100000 "$tmp/train.emb" >"$tmp/cut.emb"
check "a mapped file that was cut" 1 "cut.emb: stream ended early after record" fa-train -q "$tmp/cut.emb"
: >"$tmp/empty.emb"
check "an empty file" 1 "empty.emb: empty input, want a fa stream" fa-train -q "$tmp/empty.emb"
check "a full disk" 1 "/dev/full: write: No space left on device" fa-train -q --epochs 1 -o /dev/full "$tmp/train.emb"

finish
