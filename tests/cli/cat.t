#!/bin/sh
# fa-cat: checking, joining, choosing, other formats, and what it says when something is wrong.
. tests/cli/lib.sh

mk() { "${B:-build}/tests/mkstream"; }

# printed NAME: the last try printed what is in $tmp/want
printed() {
    cp "$out" "$tmp/got"
    same "$1" "$tmp/want" "$tmp/got"
}

cat >"$tmp/lines" <<'STOP'
logit
set|card|facenet
head|age|0-2|3-9
head|gender|Male|Female
record|a,b.jpg#2
label|age|3-9
about|box|10.25|20|30.5|40
about|score|0.998
data|0|0|1|0
record|b.jpg
label|age|3-9
label|race|East Asian
reject|no face
record|c.jpg
label|race|Black
data|2|0|0|-1
end
STOP
mk <"$tmp/lines" >"$tmp/logits"
printf '%s\n' 'embedding|3' 'record|a' 'label|race|Black' 'data|0.1|-2|1e-8' 'record|b' 'reject|no face' end | mk >"$tmp/one"
printf '%s\n' 'embedding|3' 'record|c' 'label|age|=1' 'data|1' end | mk >"$tmp/two"
printf '%s\n' 'crop|1|2|3' 'record|a' 'data|1|2|3|4|5|255' 'record|b' 'reject|no face' end | mk >"$tmp/crops"

# ---- streams ----

fa-cat -q "$tmp/logits" >"$tmp/copy"
fa-cat -q "$tmp/copy" -F json >"$tmp/got"
fa-cat -q "$tmp/logits" -F json >"$tmp/want"
same 'a copy has the same records' "$tmp/want" "$tmp/got"
check 'a copy tells its maker' 0 '' fa-cat -H "$tmp/copy"
grep -qF '["fa-cat", "' "$out" && grep -qF '["mkstream", "0", "mkstream"],' "$out"
result $? 'after those before it'
fa-cat -q -P "$tmp/copy" | fa-cat -H >"$out"
grep -q prog "$out"
[ $? = 1 ]
result $? '-P leaves provenance out'
fa-cat -q -P "$tmp/logits" >"$tmp/want"
fa-cat -q -P <"$tmp/copy" >"$tmp/got"
same 'without provenance copies are equal to the byte' "$tmp/want" "$tmp/got"
cat "$tmp/one" "$tmp/two" | fa-cat -q -P >"$tmp/want"
fa-cat -q -P "$tmp/one" - <"$tmp/two" >"$tmp/got"
same 'files, stdin and cat join alike' "$tmp/want" "$tmp/got"
check 'a check' 0 'fa-cat: whole: embedding stream, 3 records, 1 rejected' fa-cat --check "$tmp/one" "$tmp/two"
[ ! -s "$out" ]
result $? 'a check prints no data'
check 'a quiet check' 0 '' fa-cat -q --check "$tmp/one"
[ ! -s "$err" ]
result $? 'says nothing'
check 'half floats' 0 '' fa-cat -q --dtype f16 -o "$tmp/half" "$tmp/one"
[ "$(fa-cat -q -F json "$tmp/half" | head -n 1)" = \
    '{"id":"a","labels":{"race":"Black"},"about":{},"values":[0.099975586,-2,0]}' ]
result $? 'are rounded'
fa-cat -q -P --dtype f32 "$tmp/half" | fa-cat -H | grep -qF '"dtype": "f32"'
result $? 'and stored as floats again'

# ---- choosing ----

ids() { fa-cat -q -F csv "$@" | sed 1d | cut -d. -f1 | tr -d '"' | tr '\n' ' '; }
[ "$(ids -n 2 "$tmp/logits")" = 'a,b b ' ] && [ "$(ids -n 0 "$tmp/logits")" = '' ]
result $? '-n takes the first'
[ "$(ids -w 'race=East*' "$tmp/logits")" = 'b ' ] && [ "$(ids -w 'race!=East*' "$tmp/logits")" = 'a,b c ' ]
result $? '-w by label'
[ "$(ids -w 'id=[bc].jpg' -w reject= "$tmp/logits")" = 'c ' ]
result $? 'all -w hold'
[ "$(ids -n 1 -w age=3-9 -w 'reject!=' "$tmp/logits")" = 'b ' ]
result $? '-n counts what -w lets through'
{ echo 'embedding|1'; echo 'set|expect|5'; echo end; } | mk | fa-cat -q -n 1 | fa-cat -H >"$out"
grep -q expect "$out"
[ $? = 1 ]
result $? 'a part does not promise the whole'

# ---- formats ----

cat >"$tmp/want" <<'STOP'
file,face,x,y,w,h,score,age,age_p,age 0-2,age 3-9,gender,gender_p,gender Male,gender Female,reject
"a,b.jpg",2,10.25,20,30.5,40,0.998,0-2,0.5,0.5,0.5,Male,0.731059,0.731059,0.268941,
b.jpg,,,,,,,,,,,,,,,no face
c.jpg,1,,,,,,0-2,0.880797,0.880797,0.119203,Male,0.731059,0.731059,0.268941,
STOP
check 'logits as CSV' 0 '3 records, 1 rejected' fa-cat -F csv "$tmp/logits"
printed 'CSV has the documented columns'
cat >"$tmp/want" <<'STOP'
{"id":"a,b.jpg#2","labels":{"age":"3-9"},"about":{"box":[10.25,20,30.5,40],"score":0.998},"predicted":{"age":"0-2","gender":"Male"},"values":{"age":{"0-2":0.5,"3-9":0.5},"gender":{"Male":0.731059,"Female":0.268941}}}
{"id":"b.jpg","labels":{"age":"3-9","race":"East Asian"},"about":{"reject":"no face"},"predicted":null,"values":null}
{"id":"c.jpg","labels":{"race":"Black"},"about":{},"predicted":{"age":"0-2","gender":"Male"},"values":{"age":{"0-2":0.880797,"3-9":0.119203},"gender":{"Male":0.731059,"Female":0.268941}}}
STOP
check 'logits as JSON' 0 '' fa-cat -F json "$tmp/logits"
printed 'JSON has one object a line'
if command -v python3 >/dev/null; then
    check 'Python reads the JSON' 0 '' python3 -c 'import json, sys; [json.loads(l) for l in open(sys.argv[1])]' "$tmp/want"
    fa-cat -H "$tmp/logits" >"$tmp/header"
    check 'and the header' 0 '' python3 -c 'import json, sys; json.load(open(sys.argv[1]))["header"]["heads"]' "$tmp/header"
else
    skip 'Python reads the JSON' 'no python3'
fi
cat >"$tmp/want" <<'STOP'
file,face,x,y,w,h,score,v0,v1,v2,reject
a,1,,,,,,0.100000001,-2,9.99999994e-09,
b,,,,,,,,,,no face
c,1,,,,,,1,1,1,
STOP
check 'embeddings as CSV' 0 '' fa-cat -F csv "$tmp/one" "$tmp/two"
printed 'CSV has the vector'
printf '%s\n' '{"id":"a","labels":{},"about":{}}' '{"id":"b","labels":{},"about":{"reject":"no face"},"values":null}' >"$tmp/want"
check 'crops as JSON' 0 '' fa-cat -F json "$tmp/crops"
printed 'have no pixels'
check 'crops as JSON with pixels' 0 '' fa-cat -F json --pixels -n 1 "$tmp/crops"
echo '{"id":"a","labels":{},"about":{},"values":[1,2,3,4,5,255]}' >"$tmp/want"
printed 'have them on request'

check 'embeddings as npy' 0 '' fa-cat -F npy -o "$tmp/x.npy" "$tmp/one" "$tmp/two"
printf '%s\n' id,reject,race,age a,,Black, 'b,no face,,' "c,,,'=1" >"$tmp/want"
same 'ids and labels beside it' "$tmp/want" "$tmp/x.csv"
[ "$(wc -c <"$tmp/x.npy")" = $((128 + 3 * 3 * 4)) ] && head -c 128 "$tmp/x.npy" | tail -c 118 | grep -qF "'shape': (3, 3)"
result $? 'npy has a row a record'
check 'crops as npy' 0 '' fa-cat -F npy -o "$tmp/c.npy" "$tmp/crops"
[ "$(tail -c 12 "$tmp/c.npy" | od -An -tu1 | tr -s ' ')" = ' 1 2 3 4 5 255 0 0 0 0 0 0' ]
result $? 'rejected crops are zeros'
if python3 -c 'import numpy' 2>/dev/null; then
    check 'NumPy reads it' 0 '' python3 -c 'import numpy, sys
x, c = numpy.load(sys.argv[1]), numpy.load(sys.argv[2])
assert x.shape == (3, 3) and x.dtype == "<f4" and numpy.isnan(x[1]).all() and x[0, 1] == -2
assert c.shape == (2, 1, 2, 3) and c.dtype == "u1"' "$tmp/x.npy" "$tmp/c.npy"
else
    skip 'NumPy reads it' 'no NumPy'
fi

cat >"$tmp/fairface-lines" <<'STOP'
logit
head|age|0-2|3-9|10-19|20-29|30-39|40-49|50-59|60-69|more than 70
head|gender|Female|Male
head|race|Black|East Asian|Indian|Latino_Hispanic|Middle Eastern|Southeast Asian|White
record|a.jpg
data|0|0|0|0|0|0|0|0|9|0|2|0|1|0|0|0|1.5|0.5
record|b.jpg
reject|no face
end
STOP
mk <"$tmp/fairface-lines" >"$tmp/fairface"
cat >"$tmp/want" <<'STOP'
face_name_align,race,race4,gender,age,race_scores_fair,race_scores_fair_4,gender_scores_fair,age_scores_fair
a.jpg,Southeast Asian,Asian,Male,70+,[0.128318 0.0778289 0.0778289 0.211561 0.348805 0.0778289 0.0778289],[0.283976 0.0778289 0.560366 0.0778289],[0.880797 0.119203],[0.000123288 0.000123288 0.000123288 0.000123288 0.000123288 0.000123288 0.000123288 0.000123288 0.999014]
b.jpg,,,,,,,,
STOP
check 'as FairFace has it' 0 '' fa-cat -F fairface "$tmp/fairface"
printed 'columns of predict.py'
check 'not with other heads' 1 'fa-cat: FairFace'"'"'s columns want logits with a head "race"' fa-cat -F fairface "$tmp/logits"
sed 's/|Indian|/|Desi|/' "$tmp/fairface-lines" | mk >"$tmp/other"
check 'not with other classes' 1 'want a class "Indian" of head race' fa-cat -F fairface "$tmp/other"

# ---- side by side ----

vectors() { printf '%s\n' "$@" end | mk; }
vectors 'embedding|2' 'set|card|A' 'set|digest|aa' 'set|template|box-1' 'record|x' 'label|age|3-9' 'about|score|0.5' 'data|1|2' \
    'record|y~1' 'label|age|0-2' 'data|3|4' 'record|only-a' 'data|9' 'record|bad-a' 'label|age|0-2' 'reject|no face' \
    'record|bad-b' 'data|5|6' >"$tmp/A"
b_records='record|x
label|age|wrong
data|10|20|30
record|bad-b
reject|not a number
record|only-b2
label|age|3-9
data|7
record|y~1
data|40|50|60
record|bad-a
data|8
record|only-b1
data|7'
vectors 'embedding|3' 'set|card|B' 'set|digest|bb' 'set|template|arcface' "$b_records" >"$tmp/B"
cat >"$tmp/want" <<'STOP'
{"id":"x","labels":{"age":"3-9"},"about":{"score":0.5},"values":[1,2,10,20,30]}
{"id":"y~1","labels":{"age":"0-2"},"about":{},"values":[3,4,40,50,60]}
{"id":"only-a","labels":{},"about":{"reject":"not in B"},"values":null}
{"id":"bad-a","labels":{"age":"0-2"},"about":{"reject":"no face"},"values":null}
{"id":"bad-b","labels":{},"about":{"reject":"not a number"},"values":null}
{"id":"only-b1","labels":{},"about":{"reject":"not in A"},"values":null}
{"id":"only-b2","labels":{"age":"3-9"},"about":{"reject":"not in A"},"values":null}
STOP
joined() { (cd "$tmp" && fa-cat -q --join "$@") 2>"$err"; }
joined A B >"$tmp/AB" && fa-cat -q -F json "$tmp/AB" >"$tmp/got"
same 'vectors are put side by side by id, and what is missing is a reject' "$tmp/want" "$tmp/got"
check 'how many' 0 'fa-cat: whole: embedding stream, 7 records, 5 rejected' fa-cat --check --join "$tmp/A" "$tmp/B"
fa-cat -H "$tmp/AB" | tr -d ' \n' >"$out"
grep -qF '"shape":[5]' "$out" && grep -qF '"card":"A+B"' "$out" && grep -qF '"digest":"aa+bb"' "$out" &&
    grep -qF '"template":"box-1+arcface"' "$out" && grep -qF '"dtype":"f32"' "$out" &&
    grep -qF '["mkstream","0","mkstream"],["mkstream","0","mkstream"],["fa-cat"' "$out"
result $? 'the header is that of both'
vectors 'embedding|3' 'set|card|B' 'set|digest|bb' 'set|template|arcface' 'record|only-b1' 'data|7' 'record|bad-a' 'data|8' \
    'record|y~1' 'data|40|50|60' 'record|only-b2' 'label|age|3-9' 'data|7' 'record|bad-b' 'reject|not a number' \
    'record|x' 'data|10|20|30' >"$tmp/permuted"
joined -P A B >"$tmp/want"
mkdir "$tmp/side"
mv "$tmp/permuted" "$tmp/side/B"
cp "$tmp/A" "$tmp/side/A"
(cd "$tmp/side" && fa-cat -q -P --join A B) >"$tmp/got"
cmp -s "$tmp/want" "$tmp/got"
result $? 'the order of the second stream does not change a byte'
joined -F json -w reject= -n 1 A - <"$tmp/B" >"$tmp/got"
echo '{"id":"x","labels":{"age":"3-9"},"about":{"score":0.5},"values":[1,2,10,20,30]}' >"$tmp/want"
same 'from standard input, chosen from and converted' "$tmp/want" "$tmp/got"
vectors 'f16|embedding|1' 'set|template|box-1' 'record|only-b1' 'data|1' 'record|x' 'data|0.1' 'record|z' 'data|1' >"$tmp/C"
joined -F json A B C >"$tmp/got"
grep -qF '"values":[1,2,10,20,30,0.0999' "$tmp/got" && grep -qF '"id":"y~1","labels":{"age":"0-2"},"about":{"reject":"not in C"}' "$tmp/got" &&
    [ "$(grep -c only-b1 "$tmp/got")" = 1 ] && tail -n 1 "$tmp/got" | grep -qF '"id":"z","labels":{},"about":{"reject":"not in A"}'
result $? 'three streams'
joined -H C C | tr -d ' \n' >"$out"
grep -qF '"dtype":"f16"' "$out" && grep -qF '"template":"box-1"' "$out" && grep -qF '"card":"none+none"' "$out" && grep -qF '"shape":[2]' "$out"
result $? 'half floats stay if all have them, and a template that all have is one'
check 'one stream alone' 2 '--join wants two streams or more' fa-cat --join "$tmp/A"
check 'logits' 1 "$tmp/logits: logit stream, want embedding" fa-cat --check --join "$tmp/A" "$tmp/logits"
head -c -3 "$tmp/B" >"$tmp/Bcut"
check 'a second stream that was cut' 1 'Bcut: stream ended early after record 6' fa-cat --check --join "$tmp/A" "$tmp/Bcut"
head -c -3 "$tmp/A" >"$tmp/Acut"
check 'a first stream that was cut' 1 'Acut: stream ended early after record 5' fa-cat --check --join "$tmp/Acut" "$tmp/B"
cat "$tmp/B" "$tmp/B" >"$tmp/twice"
check 'an id twice' 1 'record 1 (x): this id was met before' fa-cat --check --join "$tmp/A" "$tmp/twice"

# ---- models ----

faces='embedding|2'
for i in 1 2 3 4 5 6 7 8 9; do
    faces="$faces
record|a$i
label|gender|Male
data|$i|1
record|b$i
label|gender|Female
data|-$i|1"
done
{ echo "$faces"; echo end; } | mk >"$tmp/faces"
fa-train -q -o "$tmp/head.fam" "$tmp/faces"
check 'a head model is described' 0 '' fa-cat "$tmp/head.fam"
grep -q 'gender (2): Female, Male' "$out"
result $? 'with its classes'
check 'and checked' 0 'whole: head model, 1 heads' fa-cat --check "$tmp/head.fam"
check 'but not converted' 2 'is a head model' fa-cat -F json "$tmp/head.fam"
check 'nor joined' 2 'is a head model' fa-cat --join "$tmp/head.fam" "$tmp/one"
head -c -9 "$tmp/head.fam" >"$tmp/short.fam"
check 'a model that was cut' 1 "$tmp/short.fam: " fa-cat "$tmp/short.fam"
mkfifo "$tmp/fifo"
cat "$tmp/one" >"$tmp/fifo" &
check 'a named pipe is read once' 0 'whole: embedding stream, 2 records' fa-cat --check "$tmp/fifo"

# ---- faults ----

check 'unknown format' 2 "-F: 'xml' is none of json, csv, npy, fairface" fa-cat -F xml "$tmp/logits"
check 'npy without a file' 2 '-F npy wants -o FILE.npy' fa-cat -F npy "$tmp/logits"
check 'no condition' 2 "-w: 'race' is no condition" fa-cat -w race "$tmp/logits"
check 'modes that exclude each other' 2 'exclude each other' fa-cat --check -H "$tmp/logits"
check 'unknown dtype' 2 "--dtype: 'f64' is neither f16 nor f32" fa-cat --dtype f64 "$tmp/one"
check 'a count that is none' 2 '' fa-cat -n x "$tmp/one"
check 'crops as half floats' 1 'crops are bytes' fa-cat --dtype f16 "$tmp/crops"
check 'empty input' 1 'fa-cat: stdin: empty input' fa-cat --check
echo 'file,age' >"$tmp/csv"
check 'no stream at all' 1 "$tmp/csv: not a fa stream" fa-cat --check "$tmp/csv"
check 'missing file' 1 "$tmp/nothing: " fa-cat --check "$tmp/nothing"
head -c -3 "$tmp/logits" >"$tmp/cut"
check 'cut stream' 1 'stream ended early after record 3' fa-cat --check "$tmp/cut"
fa-cat -q "$tmp/cut" 2>"$err" >"$tmp/passed"
check 'a cut stream stays cut' 1 'stream ended early' fa-cat --check "$tmp/passed"
check 'no half file is left' 1 '' fa-cat -o "$tmp/never" "$tmp/cut"
[ ! -e "$tmp/never" ] && [ -z "$(find "$tmp" -name '.never*')" ]
result $? 'nor a temporary one'
{ head -c -30 "$tmp/logits"; printf X; tail -c 29 "$tmp/logits"; } >"$tmp/flipped"
check 'flipped byte' 1 "$tmp/flipped: " fa-cat --check "$tmp/flipped"
check 'kinds that differ' 1 "$tmp/crops" fa-cat "$tmp/one" "$tmp/crops"
check 'an id met twice' 1 'record 1 (a): this id was met before' fa-cat "$tmp/one" "$tmp/one"
printf '%s\n' 'embedding|1' 'record|a' 'data|nan' end | mk >"$tmp/nan"
check 'NaN' 1 'record 1 (a): number 1 of 1 is not a number' fa-cat --check "$tmp/nan"
for format in json csv; do
    check "$format to a full disk" 1 'stdout: write: ' sh -c "fa-cat -F $format '$tmp/logits' >/dev/full"
done
check 'a stream to a full disk' 1 'stdout: ' sh -c "fa-cat '$tmp/logits' >/dev/full"
check 'a header to a full disk' 1 'stdout: write: ' sh -c "fa-cat -H '$tmp/logits' >/dev/full"
if script -qec true /dev/null >/dev/null 2>&1; then
    check 'binary to a terminal' 2 '' script -qec "fa-cat $tmp/logits" /dev/null
else
    skip 'binary to a terminal' 'script(1) gives no terminal here'
fi

finish
