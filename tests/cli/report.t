#!/bin/sh
# fa-report: what is on the page, that it is escaped and needs nothing but itself, and what is said when something is wrong.
. tests/cli/lib.sh

mk() { "${B:-build}/tests/mkstream"; }

# outline FILE: headings, drawings and pictures of a page, which must be well formed, into $tmp/outline
outline() { python3 tests/cli/page.py "$1" >"$tmp/outline" 2>"$err" || { cat "$tmp/outline" >"$out"; false; }; }

# holds FILE TEXT NAME
holds() {
    grep -qF -e "$2" "$1"
    result $? "$3"
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
} | mk >"$tmp/logits"
{
    echo 'crop|8|6|3'
    printf '%s\n' 'record|a.jpg' 'data|200|30|30' 'record|b.jpg' 'data|30' 'record|z.jpg' 'data|1' 'record|c.jpg' 'reject|no face' end
} | mk >"$tmp/crops"
cat >"$tmp/history.csv" <<'STOP'
seed,epoch,loss,val_loss,age accuracy,age val_accuracy,seconds
1,1,2,2.5,0.3,0.2,0.1
1,2,1,2,0.5,0.4,0.1
2,1,2.1,2.6,0.31,0.21,0.1
STOP
cat >"$tmp/trials.csv" <<'STOP'
id,status,score,parameters,lr,units,act,same,age val_loss,failure
1,done,0.5,10,0.001,32,relu,1,2,
2,done,0.7,20,0.00001,64,<b>,1,1,
3,failed,,,0.1,64,relu,1,,loss is not finite
4,done,0.6,20,0.01,,relu,1,1,
STOP
printf 'id,run,epoch,val_loss\n1,1,1,2\n1,1,2,1\n2,1,1,3\n' >"$tmp/epochs.csv"

# ---- the page ----

check 'a page on standard output' 0 '4 faces, 1 rejected' fa-report "$tmp/logits"
cp "$out" "$tmp/page.html"
outline "$tmp/page.html"
result $? 'is well formed and asks for nothing'
cat >"$tmp/want" <<'STOP'
h1 Report on facial attributes
h2 Overview
h2 age
svg Confusion, rows true, columns predicted: age
h3 Is it as right as it is sure?
svg Reliability, how often answers are right by how sure they are: age
h2 gender
svg Confusion, rows true, columns predicted: gender
h3 Is it as right as it is sure?
svg Reliability, how often answers are right by how sure they are: gender
h2 Groups
h3 gender by age
svg Accuracy by group: gender
h3 age by gender
svg Accuracy by group: age
h2 Faces
h3 age: the worst mistakes
h3 age: by chance
h3 gender: by chance
h2 Provenance
h2 Use and limits
h3 What it is for
h3 What it must not be used for
h3 Limits
pictures 0
STOP
same 'and has its parts' "$tmp/want" "$tmp/outline"
holds "$tmp/page.html" '<th scope="row">age</th><td>3</td><td>0</td><td>66.7 % (20.8 to 93.9)</td><td>66.7 %</td>' 'the overview has accuracy, interval and baseline'
holds "$tmp/page.html" '<tr><th scope="row">true 3-9</th><td>1</td><td class="hit">1</td><td>0</td><td>2</td><td>50.0 %' 'counts stand in a table too'
holds "$tmp/page.html" 'predicted 0-2</span><span>wrong, 58 % sure</span><span class="id">b.jpg</span>' 'the mistake is among the faces'
fa-report -q - <"$tmp/logits" >"$tmp/again.html" 2>"$err"
sed 's/<td>fa-report.*//' "$tmp/page.html" >"$tmp/want"
sed 's/<td>fa-report.*//' "$tmp/again.html" >"$tmp/got"
same 'standard input gives the same page, but for the command' "$tmp/want" "$tmp/got"
[ ! -s "$err" ]
result $? 'silent with -q'
fa-report -q -P "$tmp/logits" >"$tmp/got"
! grep -q '<td>fa-report' "$tmp/got" && grep -q '<td>fa-report' "$tmp/page.html"
result $? '-P leaves commands out'

check 'everything there is' 0 "$tmp/crops: no picture of 1 of 3 faces" fa-report --crops "$tmp/crops" -m "${B:-build}/sample.fam" \
    --history "$tmp/history.csv" --trials "$tmp/trials.csv" --epochs "$tmp/epochs.csv" --by gender+age,gender --small 2 --title 'A & B' \
    --svg "$tmp/svg" -o "$tmp/all.html" "$tmp/logits"
outline "$tmp/all.html"
result $? 'is well formed'
sed -n '/^h2 Faces/,$p' "$tmp/outline" >"$tmp/got"
cat >"$tmp/want" <<'STOP'
h2 Faces
h3 age: the worst mistakes
h3 age: by chance
h3 gender: by chance
h2 Model and training
h3 Architecture
h3 Loss
svg Loss by epoch
h3 Accuracy
svg Accuracy by epoch
h3 Search: what was tried, and what it scored
svg Trials of the search, a line each, from parameters to score
h3 Search: learning curves
svg Validation loss of every trial by epoch
h2 Provenance
h2 Use and limits
h3 What it is for
h3 What it must not be used for
h3 Limits
pictures 5
STOP
same 'with pictures, model, training and search' "$tmp/want" "$tmp/got"
holds "$tmp/all.html" '<h1>A &amp; B</h1>' 'the title is escaped'
holds "$tmp/all.html" 'gender=Female &amp; age=3-9' 'intersections are groups'
holds "$tmp/all.html" 'dense_1 relu' 'layers are described'
ls "$tmp/svg" | tr '\n' ' ' >"$tmp/got"
printf '%s ' accuracy.svg epochs.svg groups_age_by_gender+age.svg groups_age_by_gender.svg groups_gender_by_gender+age.svg heat_age.svg \
    heat_gender.svg loss.svg reliability_age.svg reliability_gender.svg trials.svg >"$tmp/want"
same 'drawings are files of their own' "$tmp/want" "$tmp/got"
for f in "$tmp"/svg/*.svg; do
    python3 -c 'import sys, xml.dom.minidom as x; assert x.parse(sys.argv[1]).documentElement.namespaceURI == "http://www.w3.org/2000/svg"' "$f" ||
        echo "$f"
    ! grep -q 'var(' "$f" || echo "$f"
done >"$out" 2>&1
[ ! -s "$out" ]
result $? 'that any program reads'
[ "$(grep -c '<path class="c[015]' "$tmp/svg/trials.svg")" = 5 ] && ! grep -q '>same<' "$tmp/svg/trials.svg" && grep -q '>&lt;b&gt;<' "$tmp/svg/trials.svg"
result $? 'trials: a line for each that has a score and two in the legend; no axis for what never varies'
[ "$(grep -c '<path class="c0"' "$tmp/svg/loss.svg")" = 3 ]
result $? 'history: a curve for each seed and one in the legend'
[ "$(grep -c '<path class="c5"' "$tmp/svg/epochs.svg")" = 3 ]
result $? 'epochs: a curve for each trial and one in the legend'

fa-report -q --crops "$tmp/crops" --side 4 -n 1 -o "$tmp/small.html" "$tmp/logits" 2>"$err"
outline "$tmp/small.html" && [ "$(tail -n 1 "$tmp/outline")" = 'pictures 3' ] && [ "$(grep -c '<figure>' "$tmp/small.html")" = 3 ]
result $? '-n 1: the worst and one by chance'
python3 - "$tmp/small.html" <<'STOP' >"$out" 2>"$err"
import base64, re, struct, sys
jpeg = base64.b64decode(re.search(r"base64,([^\"]*)", open(sys.argv[1]).read())[1])
at = jpeg.index(b"\xff\xc0")
print(struct.unpack(">HH", jpeg[at + 5:at + 9]))
STOP
[ "$(cat "$out")" = '(4, 3)' ]
result $? '--side 4 makes pictures of 4 pixels, in proportion'
fa-report -q -n 0 -o "$tmp/none.html" "$tmp/logits"
! grep -q '<figure>' "$tmp/none.html"
result $? '-n 0: no faces'
fa-report -q -P -s 2 --merge 'age:young=0-2|3-9' --ordered '' --bootstrap 0 "$tmp/logits" >"$tmp/merged.html"
outline "$tmp/merged.html" && grep -q 'true young' "$tmp/merged.html" && ! grep -q 'at most one class off' "$tmp/merged.html"
result $? '--merge, --ordered, --bootstrap and -s as fa-confusion has them'

# ---- what comes from outside ----

{
    printf '%s\n' logit 'head|<script>alert(1)</script>|"><img src=x onerror=alert(1)>|b&c' "head|a/b:c,'d'|x|y" 'set|card|</table><script>'
    printf '%s\n' 'record|<b>&"'"'"'.jpg' 'label|<script>alert(1)</script>|b&c' "label|a/b:c,'d'|=1+1" 'data|1|0|1|0' end
} | mk >"$tmp/hostile"
check 'hostile names' 0 '' fa-report --title '</title><script>' --svg "$tmp/hostile.svg" -o "$tmp/hostile.html" "$tmp/hostile"
outline "$tmp/hostile.html"
result $? 'are text on the page'
! grep -qi '<script\|<img' "$tmp/hostile.html"
result $? 'and nothing else'
holds "$tmp/hostile.html" 'true b&amp;c' 'as they were'
holds "$tmp/hostile.html" '1 faces have a label that is no class of the model' 'labels that are no class are told'
ls "$tmp/hostile.svg" >"$tmp/got"
cat >"$tmp/want" <<'STOP'
groups_a_b_c,'d'_by__script_alert(1)__script_.svg
heat__script_alert(1)__script_.svg
heat_a_b_c,'d'.svg
reliability__script_alert(1)__script_.svg
reliability_a_b_c,'d'.svg
STOP
same 'and lead nowhere as names of files' "$tmp/want" "$tmp/got"
{ echo "$head_lines"; echo end; } | mk >"$tmp/none"
check 'a stream without records' 0 '0 faces' fa-report -o "$tmp/none.html" "$tmp/none"
outline "$tmp/none.html"
result $? 'makes a page'

# ---- size ----

{
    echo "$head_lines"
    awk 'BEGIN { for (i = 0; i < 1000; i++) printf "record|%d.jpg\nlabel|age|%s\nlabel|gender|%s\ndata|%g|%g|0|0|%g\n",
        i, i % 3 ? "0-2" : "3-9", i % 2 ? "Male" : "Female", i % 7, i % 5, i % 4 - 2 }'
    echo end
} | mk >"$tmp/many"
{ echo 'crop|160|160|3'; awk 'BEGIN { for (i = 0; i < 1000; i++) printf "record|%d.jpg\ndata|%d|%d|%d|%d\n", i, i % 256, i % 99, 7, i % 201 }'; echo end; } |
    mk >"$tmp/many.crop"
fa-report -q -n 100 --crops "$tmp/many.crop" -o "$tmp/many.html" "$tmp/many"
[ "$(grep -c '<img' "$tmp/many.html")" -ge 300 ] && [ "$(wc -c <"$tmp/many.html")" -lt 2000000 ]
result $? '1,000 faces, 100 of each kind shown: under 2 MB'

# ---- in a browser ----

if NODE_PATH=${FA_NODE_MODULES:-} node -e 'require("puppeteer-core"); require("axe-core")' 2>/dev/null && browser=$(command -v chromium); then
    NODE_PATH=$FA_NODE_MODULES node tests/cli/page.js "$browser" "$tmp/all.html" >"$out" 2>"$err"
    result $? 'axe-core finds nothing wrong in light, dark and at the width of a phone; no request leaves the page'
else
    skip 'axe-core finds nothing wrong' 'no chromium, or no axe-core and puppeteer-core in $FA_NODE_MODULES'
fi

# ---- faults ----

check 'unknown option' 2 '' fa-report --no-such-option
check 'a side too small' 2 'side' fa-report --side 0 "$tmp/logits"
check 'missing file' 1 "$tmp/nothing: " fa-report "$tmp/nothing"
head -c -3 "$tmp/logits" >"$tmp/cut"
check 'cut stream' 1 'stream ended early after record 4' fa-report -o "$tmp/cut.html" "$tmp/cut"
[ ! -e "$tmp/cut.html" ]
result $? 'no page of a cut stream'
check 'wrong kind' 1 'crop stream, want logit' fa-report "$tmp/crops"
check 'crops that are none' 1 'logit stream, want crop' fa-report --crops "$tmp/logits" "$tmp/logits"
printf '%s\n' 'crop|2|2|1' 'record|a.jpg' 'data|1' end | mk >"$tmp/grey"
check 'crops without colours' 1 "$tmp/grey: crops are no RGB pictures" fa-report --crops "$tmp/grey" "$tmp/logits"
check 'a model that is none' 1 "$tmp/logits: " fa-report -m "$tmp/logits" "$tmp/logits"
check 'a history that is none' 1 'no column "loss"' fa-report --history "$tmp/trials.csv" "$tmp/logits"
check 'trials that are none' 1 'no column "score"' fa-report --trials "$tmp/history.csv" "$tmp/logits"
check 'epochs that are none' 1 'no column "val_loss"' fa-report --epochs "$tmp/trials.csv" "$tmp/logits"
check 'groups that are none' 1 "'+' is no list of groups" fa-report --by + "$tmp/logits"
check 'no such class to merge' 1 'head age has no class "9"' fa-report --merge 'age:x=9|3-9' "$tmp/logits"
check 'no such head to be ordered' 1 'no head "hair" to be ordered' fa-report --ordered hair "$tmp/logits"
{ echo "$head_lines"; printf '%s\n' 'record|a' 'reject|no face' end; } | mk >"$tmp/rejects"
check 'every face rejected' 1 'every face was rejected' fa-report -o "$tmp/rejects.html" "$tmp/rejects"
check 'a full disk' 1 'stdout: write: ' sh -c "fa-report '$tmp/logits' >/dev/full"
touch "$tmp/file"
check 'a folder that is a file' 1 "$tmp/file" fa-report --svg "$tmp/file" -o "$tmp/x.html" "$tmp/logits"

finish
