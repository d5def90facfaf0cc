#!/bin/sh
# fa-confusion: what it prints and writes, and what it says when something is wrong.
. tests/cli/lib.sh

mk() { "${B:-build}/tests/mkstream"; }

# printed NAME: the last try printed what is in $tmp/want
printed() {
    cp "$out" "$tmp/got"
    same "$1" "$tmp/want" "$tmp/got"
}

head_lines='logit
head|age|0-2|3-9|more than 70
head|gender|Male|Female'

{
    echo "$head_lines"
    cat <<'STOP'
record|a.jpg
label|age|3-9
label|gender|Male
data|0|1|0|2|1
record|b.jpg
label|age|3-9
label|gender|Female
data|1|0|0|1|2
record|c.jpg
label|age|more than 70
data|0|0|1|1|2
record|d.jpg
label|age|0-2
label|gender|Male
reject|no face
end
STOP
} >"$tmp/lines"
mk <"$tmp/lines" >"$tmp/logits"

# ---- output ----

cat >"$tmp/want" <<'STOP'
age,predicted 0-2,predicted 3-9,predicted more than 70,support,recall
true 0-2,0,0,0,0,
true 3-9,1,1,0,2,0.5
true more than 70,0,0,1,1,1
predicted,1,1,1,3,
precision,0,1,1,,
STOP
check 'one head as CSV into a pipe' 0 '4 faces, 1 rejected' fa-confusion -l age "$tmp/logits"
printed 'CSV has counts, support, recall and precision'
check 'silent with -q' 0 '' fa-confusion -q -l age "$tmp/logits"
[ ! -s "$err" ]
result $? 'nothing on stderr with -q'
fa-confusion -q -l age <"$tmp/logits" >"$out" 2>"$err"
printed 'stdin is read as a file is'
fa-confusion -q -l age - <"$tmp/logits" >"$out" 2>"$err"
printed '- is stdin'

cat >"$tmp/want" <<'STOP'
age: rows are the true class, columns the predicted one

                            more
                            than
               0-2    3-9     70   support  recall %
0-2             [0]     .      .         0         -
3-9              1     [1]     .         2      50.0
more than 70     .      .     [1]        1     100.0
predicted        1      1      1         3
precision %    0.0  100.0  100.0

accuracy 66.7 % (95 % interval 20.8 to 93.9), balanced 75.0 %, majority baseline 66.7 %
3 measured, 1 rejected, 0 unlabelled

gender: rows are the true class, columns the predicted one

             Male  Female   support  recall %
Male           [1]      .         1     100.0
Female          .      [1]        1     100.0
predicted       1       1         2
precision % 100.0   100.0

accuracy 100.0 % (95 % interval 34.2 to 100.0), balanced 100.0 %, majority baseline 50.0 %
2 measured, 1 rejected, 1 unlabelled
STOP
check 'all heads as text with -p' 0 '' fa-confusion -p "$tmp/logits"
printed 'text is aligned'
if script -qec true /dev/null >/dev/null 2>&1; then
    TERM=dumb script -qec "fa-confusion $tmp/logits 2>/dev/null" /dev/null </dev/null | tr -d '\r' >"$tmp/got"
    same 'text on a terminal' "$tmp/want" "$tmp/got"
else
    skip 'text on a terminal' 'script(1) gives no terminal here'
fi

cat >"$tmp/want" <<'STOP'
head,metric,value,low,high
age,n,3,,
age,rejected,1,,
age,unlabelled,0,,
age,unseen,0,,
age,accuracy,0.6666666667,0.2076596008,0.9385080553
age,balanced_accuracy,0.75,,
age,majority,0.6666666667,,
STOP
check 'tables into a folder' 0 '' fa-confusion -O "$tmp/made" "$tmp/logits"
[ ! -s "$out" ] && [ "$(ls "$tmp/made" | tr '\n' ' ')" = 'confusion_age.csv confusion_gender.csv summary.csv ' ]
result $? 'nothing printed, no other file'
sed 8q "$tmp/made/summary.csv" >"$tmp/got"
same 'summary is tidy' "$tmp/want" "$tmp/got"
[ "$(grep -c ^gender, "$tmp/made/summary.csv")" = 13 ]
result $? 'summary has every head'
fa-confusion -q -l gender "$tmp/logits" >"$tmp/got"
same 'folder and pipe get the same table' "$tmp/made/confusion_gender.csv" "$tmp/got"
check 'folder and text in one run' 0 '' fa-confusion -p -O "$tmp/made" "$tmp/logits"
grep -q '^accuracy 66.7 %' "$out"
result $? 'the text is printed'
check 'into a file' 0 '' fa-confusion -l gender -o "$tmp/gender.csv" "$tmp/logits"
same 'the file has the table' "$tmp/got" "$tmp/gender.csv"

{ echo "$head_lines"; sed -n '/record|c/,$p' "$tmp/lines"; } | mk >"$tmp/second"
{ sed '/record|c/,$d' "$tmp/lines"; echo end; } | mk >"$tmp/first"
fa-confusion -q -p "$tmp/second" "$tmp/first" >"$tmp/got"
fa-confusion -q -p "$tmp/logits" >"$tmp/want"
same 'shards in any order give the same tables' "$tmp/want" "$tmp/got"

{ echo "$head_lines"; printf '%s\n' 'record|a' 'label|age|=1+1' 'data|0|1|0|0|1' end; } | mk >"$tmp/unseen"
check 'a label never seen is told' 0 'age: label never seen in training, such as "=1+1", on 1 of 1 faces: counted as mistakes' \
    fa-confusion -l age "$tmp/unseen"
grep -qx 'true =1+1,0,1,0,1,0' "$out"
result $? 'it is a row of its own'
check 'a head without labels is told' 0 'gender: no face has a label' fa-confusion -l gender "$tmp/unseen"
{ echo "$head_lines"; echo end; } | mk >"$tmp/none"
check 'a stream without records' 0 '0 faces' fa-confusion -l age "$tmp/none"

# ---- faults ----

check 'no table chosen' 2 'CSV is one table: choose a head with -l, or use -O DIR for all, or -p for text' fa-confusion "$tmp/logits"
check 'unknown option' 2 '' fa-confusion --no-such-option
check 'unknown head' 1 'fa-confusion: no head "race" (there are: age, gender)' fa-confusion -l race "$tmp/logits"
check 'missing file' 1 "$tmp/nothing: " fa-confusion -l age "$tmp/nothing"
check 'empty input' 1 'stdin: empty input' fa-confusion -l age
head -c -3 "$tmp/logits" >"$tmp/cut"
check 'cut stream' 1 'stream ended early after record 4' fa-confusion -l age "$tmp/cut"
[ ! -s "$out" ]
result $? 'no table of a cut stream'
check 'cut stream, folder' 1 '' fa-confusion -O "$tmp/cutdir" "$tmp/cut"
[ ! -e "$tmp/cutdir" ]
result $? 'no folder of a cut stream'
{ head -c -30 "$tmp/logits"; printf X; tail -c 29 "$tmp/logits"; } >"$tmp/flipped"
check 'flipped byte' 1 "$tmp/flipped: " fa-confusion -l age "$tmp/flipped"
printf '%s\n' 'embedding|2' 'record|a' 'data|1' end | mk >"$tmp/embedding"
check 'wrong kind' 1 'embedding stream, want logit' fa-confusion -l age "$tmp/embedding"
check 'an id met twice' 1 '(a.jpg): this id was met before' fa-confusion -l age "$tmp/logits" "$tmp/logits"
{ echo "$head_lines"; printf '%s\n' 'record|a' 'data|nan' end; } | mk >"$tmp/nan"
check 'NaN' 1 'record 1 (a): number 1 of 5 is not a number' fa-confusion -l age "$tmp/nan"
{ echo "$head_lines"; printf '%s\n' 'record|a' 'reject|no face' end; } | mk >"$tmp/rejects"
check 'every face rejected' 1 'every face was rejected' fa-confusion -l age "$tmp/rejects"
printf '%s\n' logit 'head|../x|a|b' 'record|a' 'data|1' end | mk >"$tmp/slash"
check 'a head that would leave the folder' 1 'head "../x" has a slash in its name' fa-confusion -O "$tmp/made" "$tmp/slash"
check 'a full disk' 1 'stdout: write: ' sh -c "fa-confusion -l age '$tmp/logits' >/dev/full"
touch "$tmp/file"
check 'a folder that is a file' 1 "$tmp/file" fa-confusion -O "$tmp/file" "$tmp/logits"

finish
