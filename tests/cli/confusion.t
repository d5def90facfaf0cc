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
about|size|30
data|0|1|0|2|1
record|b.jpg
label|age|3-9
label|gender|Female
about|size|20
data|1|0|0|1|2
record|c.jpg
label|age|more than 70
about|size|19.5
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
age,predicted 0-2,predicted 3-9,predicted more than 70,support,recall,recall low,recall high,predicted,precision,precision low,precision high,F1,F1 low,F1 high
true 0-2,0,0,0,0,,,,1,0,0,0.7934506856,0,0,0.8848313388
true 3-9,1,1,0,2,0.5,0.09453120573,0.9054687943,1,1,0.2065493144,1,0.6666666667,0.1727336877,0.9503895283
true more than 70,0,0,1,1,1,0.2065493144,1,1,1,0.2065493144,1,1,0.3423802275,1
predicted,1,1,1,3,,,,,,,,,,
precision,0,1,1,,,,,,,,,,,
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
top-2 100.0 %, macro F1 0.556, kappa 0.500, MCC 0.612
within one class 100.0 %, off by 0.33 classes (-0.33 upwards), quadratic kappa 0.667
NLL 0.885 (of the label frequencies 0.637), Brier 0.512 (0.444), ECE 0.091
3 measured, 1 rejected, 0 unlabelled

gender: rows are the true class, columns the predicted one

             Male  Female   support  recall %
Male           [1]      .         1     100.0
Female          .      [1]        1     100.0
predicted       1       1         2
precision % 100.0   100.0

accuracy 100.0 % (95 % interval 34.2 to 100.0), balanced 100.0 %, majority baseline 50.0 %
macro F1 1.000, kappa 1.000, MCC 1.000
NLL 0.313 (of the label frequencies 0.693), Brier 0.145 (0.500), ECE 0.269
2 measured, 1 rejected, 1 unlabelled

all heads: accuracies add up to 1.667; binary accuracy of the one-hot bits 84.6 %, of answering no 61.5 %
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
age,macro_f1,0.5555555556,,
STOP
check 'tables into a folder' 0 '' fa-confusion --bootstrap 0 -O "$tmp/made" "$tmp/logits"
[ ! -s "$out" ] && [ "$(ls "$tmp/made" | tr '\n' ' ')" = 'confusion_age.csv confusion_gender.csv summary.csv summary.jsonl tidy.csv ' ]
result $? 'nothing printed, no other file'
sed 8q "$tmp/made/summary.csv" >"$tmp/got"
same 'summary is tidy' "$tmp/want" "$tmp/got"
[ "$(grep -c ^gender, "$tmp/made/summary.csv")" = 22 ]
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
grep -q '^true =1+1,0,1,0,1,0,' "$out"
result $? 'it is a row of its own'
check 'a head without labels is told' 0 'gender: no face has a label' fa-confusion -l gender "$tmp/unseen"
{ echo "$head_lines"; echo end; } | mk >"$tmp/none"
check 'a stream without records' 0 '0 faces' fa-confusion -l age "$tmp/none"

# ---- the other tables ----

# table NAME OPTIONS...: of the stream, without intervals that need replicates
table() {
    fa-confusion -q --bootstrap 0 -F "$@" "$tmp/logits" >"$tmp/got" 2>"$err"
}
cells() { sed "$1" "$tmp/got" >"$out"; }

table tidy -l gender
cat >"$tmp/want" <<'STOP'
by,group,head,true label,predicted label,count,share of row,share of column,share of all
,,gender,true Male,predicted Male,1,1,1,0.5
,,gender,true Male,predicted Female,0,0,0,0
,,gender,true Female,predicted Male,0,0,0,0
,,gender,true Female,predicted Female,1,1,1,0.5
STOP
same 'the long form' "$tmp/want" "$tmp/got"

for rates in row:0.5 column:1 all:0.3333333333; do
    table csv -l age --rates "${rates%:*}"
    grep -q "^age.*,\"share of ${rates%:*}, predicted 3-9\"" "$tmp/got" && grep -q "^true 3-9,.*,${rates#*:},0$" "$tmp/got"
    result $? "shares of ${rates%:*} beside the counts"
done
table csv -l age --delimiter semicolon --decimal comma --bom
[ "$(head -c 3 "$tmp/got" | od -An -tx1 | tr -d ' ')" = efbbbf ] && grep -q '^true 3-9;1;1;0;2;0,5;0,09453120573;' "$tmp/got"
result $? 'delimiter, decimal sign and byte order mark'
table csv -l age --delimiter tab
grep -q "^predicted	1	1	1	3	" "$tmp/got"
result $? 'cells parted by tabs'

table json --by gender
python3 - "$tmp/got" >"$out" 2>&1 <<'STOP'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
age = lines[0]
assert age["group"] == {} and age["head"] == "age" and age["ordered"] and (age["n"], age["rejected"]) == (3, 1)
assert age["rows"][1]["counts"] == [1, 1, 0] and age["rows"][1]["recall"]["value"] == 0.5
assert abs(age["metrics"]["accuracy"]["value"] - 2 / 3) < 1e-15 and sum(b["n"] for b in age["bins"]) == 3
assert [l["head"] for l in lines[:3]] == ["age", "gender", None]
assert {l["group"]["gender"] for l in lines if l.get("group")} == {"Male", "Female", "(none)"}
gap = [l for l in lines if l.get("by") == "gender" and l["head"] == "age"][0]["gaps"]["accuracy"]
assert gap["gap"]["value"] == 1 and gap["lowest"] == "gender=Female"
STOP
result $? 'the same as JSON lines'

table groups --by 'gender,size:20,gender+age' --small 2
for row in 'gender,gender=Female,age,accuracy,0,0,0.7934506856,1,small' 'gender,gender=Male,age,rejected,1,,,1,small' \
    '"size:20",size=below 20,age,n,1,,,1,small' '"size:20",size=20 and more,age,n,2,,,2,' \
    'gender+age,gender=Male & age=3-9,age,accuracy,1,0.2065493144,1,1,small' 'gender,gender=(none),all heads,binary_accuracy,'; do
    echo "$row" | tr -d '"' >"$tmp/row"
    grep -qF -f "$tmp/row" "$tmp/got"
    result $? "groups: $(cat "$tmp/row")"
done
table gaps --by 'gender,size:20'
grep -q '^gender,age,accuracy,1,,,0,gender=Female,gender=Female,0,small,gender=Male,1,small$' "$tmp/got" &&
    grep -q '^size:20,age,accuracy,0.5,,,0.5,size=20 and more,' "$tmp/got"
result $? 'gaps name the worst group, and leave out faces of no group'
fa-confusion -q -F gaps --by gender --bootstrap 200 "$tmp/logits" | grep -q '^gender,age,accuracy,1,0,1,0,'
result $? 'a gap has an interval'
fa-confusion -q -p --by size:20 "$tmp/logits" >"$out"
grep -q '^size=20 and more *2\*  *50.0 (9.5-90.5)' "$out" && grep -q '^\* fewer than 30 faces' "$out" &&
    grep -q '^age: accuracy gap 50.0 points .*, ratio 0.500, worst size=20 and more$' "$out"
result $? 'groups as text'
{ echo "$head_lines"; printf '%s\n' 'record|a' 'label|age|3-9' 'data|1|0|0|0|0' end; } | mk >"$tmp/wrong"
fa-confusion -q -p --by age "$tmp/wrong" 2>/dev/null | grep -qx 'age: accuracy gap 0.0 points (95 % interval 0.0 to 0.0), worst age=3-9'
result $? 'no ratio of zero to zero'

table csv -l age --merge 'age:child=0-2|3-9'
grep -q '^true child,2,0,2,1,' "$tmp/got" && [ "$(grep -c ^true "$tmp/got")" = 2 ]
result $? 'classes merged'
table summary -l age --merge 'age:child=0-2|3-9'
! grep -q within_one "$tmp/got"
result $? 'a scale with a merged name in it is none'
table summary -l age --merge 'age:0-9=0-2|3-9' && grep -q '^age,within_one,1,' "$tmp/got"
result $? 'with a range as its name it stays one'
table summary --ordered gender && grep -q '^gender,within_one,1,' "$tmp/got" && ! grep -q '^age,within_one' "$tmp/got"
result $? 'heads that are ordered are chosen'

table worst --worst 1
cat >"$tmp/want" <<'STOP'
head,rank,id,true label,predicted label,p of true,p of predicted,loss
age,1,b.jpg,true 3-9,predicted 0-2,0.2119415576,0.5761168848,1.551444714
STOP
same 'the worst mistakes' "$tmp/want" "$tmp/got"

# ---- two models ----

sed -e '/^record|b/,/^data/s/data.*/data|0|2|1|2|1/' -e '/^record|c/,/^data/d' "$tmp/lines" | mk >"$tmp/other"
table changed --compare "$tmp/other"
cat >"$tmp/want" <<'STOP'
id,head,true label,first,second,right
b.jpg,age,true 3-9,predicted 0-2,predicted 3-9,second
b.jpg,gender,true Female,predicted Female,predicted Male,first
STOP
same 'answers that changed' "$tmp/want" "$tmp/got"
table compare --compare "$tmp/other"
for row in age,both_right,1,, age,only_second_right,1,, age,changed,1,, age,accuracy_difference,0.5,, gender,mcnemar_exact_p,1,, \
    ,only_in_first,1,, ,only_in_second,0,,; do
    grep -qx "$row" "$tmp/got"
    result $? "compare: $row"
done
fa-confusion -q -O "$tmp/all" --by gender --worst 2 --compare "$tmp/other" "$tmp/logits"
[ "$(ls "$tmp/all" | tr '\n' ' ')" = 'changed.csv compare.csv confusion_age.csv confusion_gender.csv gaps.csv groups.csv summary.csv summary.jsonl tidy.csv worst.csv ' ]
result $? 'a folder of everything that was asked for'

# ---- parts that are added up ----

for options in '' '--by gender,size:20 --merge age:0-9=0-2|3-9'; do
    # shellcheck disable=SC2086
    for part in first second logits; do fa-confusion -q -F counts $options -o "$tmp/$part.counts" "$tmp/$part" 2>/dev/null; done
    # shellcheck disable=SC2086
    fa-confusion -q $options -O "$tmp/whole" "$tmp/logits"
    fa-confusion -q --add -O "$tmp/added" "$tmp/second.counts" "$tmp/first.counts"
    diff -r "$tmp/whole" "$tmp/added" >"$out"
    result $? "counts of parts add up to every byte of the whole${options:+ with $options}"
    fa-confusion -q --add -F counts "$tmp/first.counts" "$tmp/second.counts" >"$tmp/got"
    same 'and to its counts' "$tmp/logits.counts" "$tmp/got"
done
fa-confusion -q --add -l age <"$tmp/logits.counts" >"$out" 2>"$err" && grep -q '^true 0-9,2,0,' "$out"
result $? 'counts from standard input, one head'
for seed in 1 1 2; do fa-confusion -q -F summary -s "$seed" "$tmp/logits" >"$tmp/seed$seed.${again:-}"; again=x$seed; done
cmp -s "$tmp/seed1." "$tmp/seed1.x1" && ! cmp -s "$tmp/seed1." "$tmp/seed2.x1"
result $? 'the same seed gives the same bytes'

bad_counts() { sed "$2" "$tmp/logits.counts" >"$tmp/bad.counts"; check "counts: $1" 1 "$3" fa-confusion -q --add -F summary "$tmp/bad.counts"; }
bad_counts 'not such a file' 2d 'bad.counts: not a file of counts, as fa-confusion -F counts writes it'
bad_counts 'a newer version' '2s/1$/2/' 'counts of version 2, this program reads version 1'
bad_counts 'a count that is none' '/^count/s/,1$/,1x/' 'more than a value'
bad_counts 'no number' '/^rejected/s/1$/-1/' 'not a count'
bad_counts 'an edited count' '/^count,,/s/,1$/,7/' 'damaged (its sums contradict one another)'
bad_counts 'a class that is none' '/^count,,/s/predicted 0-9/predicted 5/' 'no such class'
bad_counts 'a row cut off' '$d' 'ended early'
fa-confusion -q -F counts -l age -o "$tmp/age.counts" "$tmp/logits"
check 'counts: other heads' 1 'age.counts: the number of heads differs from that of' \
    fa-confusion -q --add -F summary "$tmp/logits.counts" "$tmp/age.counts"
check 'counts: no groups' 1 'the counts have no groups, which gaps is about' fa-confusion -q --add -F gaps "$tmp/age.counts"

# ---- spreadsheets ----

{ printf '%s\n' logit 'head|age|3-9|10-19|=1+1|@x|-2|+3' 'head|1/2|a|b'
    printf '%s\n' 'record|=HYPERLINK("x")' 'label|age|3-9' 'label|1/2|a' 'label|g|1-2' 'data|0|1|0|0|0|0|0|1'
    printf '%s\n' 'record|-3.jpg' 'label|age|2/3' 'label|1/2|b' 'label|g|=2' 'data|0|1|0|0|0|0|1|0' end; } | mk >"$tmp/nasty"
check 'a head that would leave the folder' 1 'head "1/2" has a slash in its name' fa-confusion -O "$tmp/sheets" "$tmp/nasty"
mkdir "$tmp/sheets" "$tmp/converted"
for f in csv tidy summary groups gaps worst; do fa-confusion -q -l age --rates row --by g --worst 9 -F $f -o "$tmp/sheets/$f.csv" "$tmp/nasty" 2>/dev/null; done
# What a spreadsheet makes of each cell, written out again, is what stands in the file: a date or a formula would differ.
spreadsheet() {
    python3 - "$tmp/sheets" "$tmp/converted" >"$out" 2>&1 <<'STOP'
import csv, os, sys
def plain(cell):
    try: return "%.6g" % float(cell)
    except ValueError: return cell.lstrip("'")  # which gnumeric takes for the mark of a text cell
for name in sorted(os.listdir(sys.argv[1])):
    want, got = ([list(map(plain, row)) for row in csv.reader(open(os.path.join(folder, name), newline=""))] for folder in sys.argv[1:])
    width = max(map(len, want))
    for a, b in zip(want, got):
        a, b = (r + [""] * (width - len(r)) for r in (a, b))
        assert a == b, (name, [pair for pair in zip(a, b) if pair[0] != pair[1]])
    assert len(want) == len(got), name
STOP
}
if command -v ssconvert >/dev/null; then
    for f in "$tmp"/sheets/*.csv; do ssconvert "$f" "$tmp/converted/$(basename "$f" .csv).xlsx" >/dev/null 2>&1; done
    for f in "$tmp"/converted/*.xlsx; do ssconvert "$f" "${f%xlsx}csv" >/dev/null 2>&1; done
    rm -f "$tmp"/converted/*.xlsx
    spreadsheet
    result $? 'gnumeric makes no date and no formula of a cell'
else
    skip 'gnumeric makes no date and no formula of a cell' 'no ssconvert'
fi
if command -v soffice >/dev/null; then
    rm -f "$tmp"/converted/*
    soffice "-env:UserInstallation=file://$tmp/office" --headless --convert-to ods --outdir "$tmp/ods" "$tmp"/sheets/*.csv >/dev/null 2>&1
    soffice "-env:UserInstallation=file://$tmp/office" --headless --convert-to csv --outdir "$tmp/converted" "$tmp"/ods/*.ods >/dev/null 2>&1
    spreadsheet
    result $? 'LibreOffice makes no date and no formula of a cell'
else
    skip 'LibreOffice makes no date and no formula of a cell' 'no soffice'
fi

# ---- faults ----

check 'no such table' 2 "-F: no table 'html'" fa-confusion -F html "$tmp/logits"
check '-p and -F' 2 '-p and -F exclude each other' fa-confusion -p -F tidy "$tmp/logits"
check 'gaps without groups' 2 '-F gaps wants --by' fa-confusion -F gaps "$tmp/logits"
check 'worst without a number' 2 '-F worst wants --worst' fa-confusion -F worst "$tmp/logits"
check 'changed without a second model' 2 '-F changed wants --compare' fa-confusion -F changed "$tmp/logits"
check 'unknown rates' 2 "--rates: 'rows' is none of row, column, all" fa-confusion --rates rows "$tmp/logits"
check 'unknown delimiter' 2 "--delimiter: '|' is none of comma, semicolon, tab" fa-confusion --delimiter '|' "$tmp/logits"
check 'unknown decimal' 2 "--decimal: ';' is none of point, comma" fa-confusion --decimal ';' "$tmp/logits"
check 'decimal and delimiter the same' 2 '--decimal comma wants --delimiter semicolon or tab' fa-confusion --decimal comma "$tmp/logits"
check '--add and --by' 2 '--add takes counts as they are' fa-confusion --add --by age -F tidy "$tmp/logits.counts"
check '--add and -l' 2 'with --add, -l is for -F csv' fa-confusion --add -l age -F tidy "$tmp/logits.counts"
check 'groups malformed' 1 "'age:x' is no list of groups, want KEY,KEY+KEY,KEY:EDGE,EDGE..." fa-confusion -p --by age:x "$tmp/logits"
check 'groups empty' 1 "'age,' is no list of groups" fa-confusion -p --by age, "$tmp/logits"
check 'edges out of order' 1 'edges of size do not ascend' fa-confusion -p --by size:3,2 "$tmp/logits"
check 'a grouping twice' 1 "'age' stands twice among the groups" fa-confusion -p --by age,age "$tmp/logits"
check 'no head to be ordered' 1 'no head "x" to be ordered' fa-confusion -p --ordered x "$tmp/logits"
check 'a malformed merge' 1 "'age' is no merge, want HEAD:NAME=CLASS|CLASS" fa-confusion -p --merge age "$tmp/logits"
check 'a merge of no class' 1 'head age has no class "4" (it has: 0-2, 3-9, more than 70)' fa-confusion -p --merge 'age:a=0-2|4' "$tmp/logits"
check 'a merge of no head' 1 'no head "race" to merge classes of' fa-confusion -p --merge 'race:a=b' "$tmp/logits"
check 'a class merged twice' 1 'class "0-2" of head age is merged twice' fa-confusion -p --merge 'age:a=0-2|0-2' "$tmp/logits"
check 'a merge with the name of another class' 1 'head age: class "3-9" stands twice' \
    fa-confusion -p --merge 'age:3-9=0-2|more than 70' "$tmp/logits"
check 'a second stream that is not there' 1 "$tmp/nothing: " fa-confusion -p --compare "$tmp/nothing" "$tmp/logits"
check 'a second stream of other classes' 1 'head age has 6 classes, in the first stream 3' fa-confusion -p -l age --compare "$tmp/nasty" "$tmp/logits"
check 'a second stream without the head' 1 'no head "gender", which the first stream has' \
    fa-confusion -p -l gender --compare "$tmp/nasty" "$tmp/logits"

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
check 'a head above the folder' 1 'head "../x" has a slash in its name' fa-confusion -O "$tmp/made" "$tmp/slash"
check 'a full disk' 1 'stdout: write: ' sh -c "fa-confusion -l age '$tmp/logits' >/dev/full"
touch "$tmp/file"
check 'a folder that is a file' 1 "$tmp/file" fa-confusion -O "$tmp/file" "$tmp/logits"

finish
