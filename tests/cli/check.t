#!/bin/sh
# fa-align --check: what it says of a CSV and its pictures, in which forms, and how labels are mended.
. tests/cli/lib.sh

# gif FILE WIDTH HEIGHT MARK: the header of a picture, and a little that makes files differ
gif() {
    w=$(printf '%03o' "$2") h=$(printf '%03o' "$3")
    # shellcheck disable=SC2059
    printf "GIF89a\\$w\\000\\$h\\000\\200\\000\\000\\000\\000\\000\\377\\377\\377,\\000\\000\\000\\000\\$w\\000\\$h\\000\\000\\002\\002D\\001\\000;$4" >"$1"
}
printed() {
    cp "$out" "$tmp/got"
    same "$1" "$tmp/want" "$tmp/got"
}
within() { (cd "$tmp/p" && "$@"); }

mkdir -p "$tmp/p/b"
gif "$tmp/p/1.gif" 60 80 a
gif "$tmp/p/2.gif" 60 80 a
gif "$tmp/p/b/3.gif" 100 50 a
gif "$tmp/p/4.gif" 30 90 a
echo text >"$tmp/p/5.jpg"
cat >"$tmp/p/labels.csv" <<'STOP'
file,age,race,gender,note
1.gif,3-9,East Asian,Male,"x, y"
2.gif,10-19,East Asian,Male,=1
b/3.gif,9-Mar,East Asian,Female,
4.gif,10/19/2026,east_asian,Female,-2
5.jpg,20-29,Black,,@
6.jpg,20-29,Black,Male,"two
lines"
STOP

# ---- text ----

check 'faults make the exit status 1' 1 'fa-align: 6 rows, 7 faults' within fa-align --check labels.csv -l age,race,gender
cat >"$tmp/want" <<'STOP'
labels.csv: 6 rows

age            rows       %
3-9               1    16.7
9-Mar             1    16.7  likely 3-9
10-19             1    16.7
10/19/2026        1    16.7  likely 10-19
20-29             2    33.3

race           rows       %
Black             2    33.3
East Asian        3    50.0
east_asian        1    16.7  likely East Asian

gender         rows       %
Female            2    33.3
Male              3    50.0
(empty)           1    16.7

age           Black  East Asian  east_asian
3-9               .           1           .
9-Mar             .           1           .
10-19             .           1           .
10/19/2026        .           .           1
20-29             2           .           .

age          Female     Male
3-9               .        1
9-Mar             1        .
10-19             .        1
10/19/2026        1        .
20-29             .        1

race         Female     Male
Black             .        1
East Asian        1        2
east_asian        1        .

age x race x gender: 5 of 30 combinations occur, 5 of them in 1 row only

pictures: 4 of 6 have a readable header
pixels      least   median     most
width          30       60      100
height         50       80       90
tiny (a side under 40 pixels): 1

missing files: 1 row
  line 7: 6.jpg: cannot open: No such file or directory

files that cannot be read: 1 row
  line 6: 5.jpg: no readable picture (JPEG, PNG, GIF, WebP, TIFF or HEIF)

tiny pictures: 1 row
  line 5: 4.gif: 30x90 pixels

the same picture with another label: 1 row
  line 3: 2.gif: the same bytes as line 2, 1.gif: age 10-19 here, 3-9 there

labels that a spreadsheet took for dates: 2 rows
  age '9-Mar', likely '3-9': line 4
  age '10/19/2026', likely '10-19': line 5

labels spelt in another way: 1 row
  race 'east_asian', likely 'East Asian': line 5
STOP
printed 'what is there, and what is wrong with it'
cp "$tmp/want" "$tmp/text"
within fa-align -q -c labels.csv --check -l age,race,gender -j 1 >"$out" 2>"$err"
printed '-c names the CSV as well, and one thread finds the same'
within fa-align -q --check - -l age,race,gender <"$tmp/p/labels.csv" >"$out" 2>"$err"
sed '1s/.*/stdin: 6 rows/' "$tmp/text" >"$tmp/want"
printed 'from standard input paths are relative to here'
(cd / && fa-align -q --check "$tmp/p/labels.csv" -l age,race,gender) >"$out" 2>"$err"
sed "1s|.*|$tmp/p/labels.csv: 6 rows|" "$tmp/text" >"$tmp/want"
printed 'else to the folder of the CSV'
(cd / && fa-align -q --check "$tmp/p/labels.csv" -C "$tmp") >"$out" 2>"$err"
grep -q '^missing files: 6 rows$' "$out" && grep -q '^  and 1 more (-v shows them)$' "$out"
result $? 'or to -C, and only the first five are shown'
(cd / && fa-align -q -v --check "$tmp/p/labels.csv" -C "$tmp") >"$out" 2>"$err"
grep -q '^  line 7: 6.jpg: ' "$out"
result $? 'but with -v all of them'
within fa-align -q --check labels.csv --min-face 30 >"$out" 2>"$err"
grep -q 'tiny (a side under 30 pixels): 0' "$out"
result $? 'tiny is what --min-face says'
within fa-align -q --check labels.csv --max-pixels 4000 >"$out" 2>"$err"
grep -qF 'line 2: 1.gif: too large (60x80 pixels, limit 4000; see --max-pixels)' "$out"
result $? 'and too large what --max-pixels says'
head -n 1 "$tmp/p/labels.csv" >"$tmp/p/none.csv"
{ cat "$tmp/p/none.csv"; echo '1.gif,0-2,White,Male,'; } >"$tmp/p/good.csv"
check 'without faults it is 0' 0 '1 rows, 0 faults' within fa-align --check good.csv
grep -qx 'nothing wrong' "$out"
result $? 'and says so'
check 'a CSV without rows' 0 '0 rows, 0 faults' within fa-align --check none.csv
awk 'BEGIN { print "file,years,age"; for (i = 0; i < 40; i++) print "1.gif," i ",0-2" }' >"$tmp/p/many.csv"
within fa-align -q --check many.csv >"$out" 2>"$err"
grep -qx 'not counted, more than 32 classes: years' "$out" && grep -q '^0-2 *40 *100.0$' "$out"
result $? 'columns of many classes are passed over by name'
within fa-align -q --check many.csv -l years >"$out" 2>"$err"
grep -qx '39 *1 *2.5' "$out"
result $? 'unless they are asked for'

# ---- other forms ----

cat >"$tmp/want" <<'STOP'
what,line,file,label,likely,count,note
rows,,,,,6,
class,,,age 3-9,,1,
class,,,age 9-Mar,,1,
class,,,age 10-19,,1,
class,,,age 10/19/2026,,1,
class,,,age 20-29,,2,
unlabelled,,,age,,0,
class,,,gender Female,,2,
class,,,gender Male,,3,
unlabelled,,,gender,,1,
crossing,,,"age 3-9, gender Male",,1,
crossing,,,"age 9-Mar, gender Female",,1,
crossing,,,"age 10-19, gender Male",,1,
crossing,,,"age 10/19/2026, gender Female",,1,
crossing,,,"age 20-29, gender Male",,1,
readable,,,,,4,
width least,,,,,30,
width median,,,,,60,
width most,,,,,100,
height least,,,,,50,
height median,,,,,80,
height most,,,,,90,
missing,7,6.jpg,,,,cannot open: No such file or directory
unreadable,6,5.jpg,,,,"no readable picture (JPEG, PNG, GIF, WebP, TIFF or HEIF)"
tiny,5,4.gif,,,,30x90 pixels
contradiction,3,2.gif,,,,"the same bytes as line 2, 1.gif: age 10-19 here, 3-9 there"
spreadsheet,4,b/3.gif,age 9-Mar,age 3-9,,
spreadsheet,5,4.gif,age 10/19/2026,age 10-19,,
STOP
check 'as CSV' 1 '' within fa-align --check labels.csv -l age,gender -F csv
printed 'a row a count or fault, and no cell that a spreadsheet would spoil'
check 'as JSON' 1 '' within fa-align --check labels.csv -l age,race,gender -F json -o ../json
[ ! -s "$out" ]
result $? 'into a file'
if command -v python3 >/dev/null; then
    check 'which Python reads' 0 '' python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
assert d["rows"] == 6 and d["faults"] == 7 == len(d["problems"]), d
assert d["labels"][0] == {"column": "age", "unlabelled": 0, "classes":
    {"3-9": 1, "9-Mar": 1, "10-19": 1, "10/19/2026": 1, "20-29": 2}}, d
assert [c["columns"] for c in d["crossings"]] == [["age", "race"], ["age", "gender"], ["race", "gender"], ["age", "race", "gender"]]
assert d["crossings"][2]["cells"][1] == ["East Asian", "Female", 1] and d["crossings"][2]["possible"] == 6
assert d["pictures"] == {"readable": 4, "width": [30, 60, 100], "height": [50, 80, 90]}
assert d["problems"][4] == {"what": "spreadsheet", "line": 4, "file": "b/3.gif", "column": "age", "label": "9-Mar", "likely": "3-9"}' \
        "$tmp/json"
else
    skip 'which Python reads' 'no python3'
fi
printf 'file,age\n\377.gif,\377\n' >"$tmp/p/bytes.csv"
within fa-align -q --check bytes.csv -F json >"$out" 2>"$err"
grep -qF '{"what": "missing", "line": 2, "file": "\ufffd.gif"' "$out" && grep -qF '"classes": {"\ufffd": 1}' "$out"
result $? 'JSON is UTF-8 whatever the CSV is'

# ---- classes ----

within fa-align -q --check labels.csv --classes fairface >"$out" 2>"$err"
grep -q '^more than 70 *0 *0.0$' "$out" && grep -qx "  age '9-Mar', likely '3-9': line 4" "$out" &&
    grep -qx "  race 'east_asian', likely 'East Asian': line 5" "$out" && ! grep -q '^unknown' "$out"
result $? 'classes of FairFace'
within fa-align -q --check labels.csv --classes 'gender=Male|Man' --classes 'note=x, y' >"$out" 2>"$err"
grep -q "^unknown classes: 6 rows" "$out" && grep -q "^  gender 'Female': lines 4, 5$" "$out" && grep -q "^  note 'two?lines': line 7$" "$out"
result $? 'classes of one'"'"'s own'
check 'of no column' 1 'labels.csv: no column "sex" (there are: file, age' within fa-align --check labels.csv --classes 'sex=m|f'
check 'of a column given twice' 2 "--classes: those of age are given twice" within fa-align --check labels.csv --classes fairface --classes age=a
check 'of no form' 2 "--classes: 'age' is neither COLUMN=CLASS|CLASS... nor fairface" within fa-align --check labels.csv --classes age
check 'with an empty name' 2 "--classes: 'a||b' has an empty name" within fa-align --check labels.csv --classes 'age=a||b'

# ---- mending ----

check 'what is mended does not count' 1 '6 rows, 7 faults (3 of them mended)' within fa-align --check labels.csv --mend -o mended.csv
grep -q 'labels that a spreadsheet took for dates: 2 rows' "$out"
result $? 'but is named'
cat >"$tmp/want" <<'STOP'
file,age,race,gender,note
1.gif,3-9,East Asian,Male,"x, y"
2.gif,10-19,East Asian,Male,=1
b/3.gif,3-9,East Asian,Female,
4.gif,10-19,East Asian,Female,-2
5.jpg,20-29,Black,,@
6.jpg,20-29,Black,Male,"two
lines"
STOP
same 'labels are mended, all else stays' "$tmp/want" "$tmp/p/mended.csv"
printf '\357\273\277file;age\r\n1.gif;3-9\r\n1.gif;9-Mar\r\n' >"$tmp/p/semi.csv"
within fa-align -q --check semi.csv --mend -o mended.csv >"$out" 2>"$err"
printf 'file,age\n1.gif,3-9\n1.gif,3-9\n' >"$tmp/want"
same 'whatever parted the cells, commas do then' "$tmp/want" "$tmp/p/mended.csv"
printf 'file,born\n1.gif,9-Mar\nb/3.gif,10/19/2026\n' >"$tmp/p/dates.csv"
check 'a column of dates is left alone' 0 '2 rows, 0 faults' within fa-align --check dates.csv
printf 'file,age\n1.gif,20-29\nb/3.gif,43533\n' >"$tmp/p/serial.csv"
check 'a number of days is mended' 0 '1 faults (1 of them mended)' within fa-align --check serial.csv --mend -o mended.csv
grep -qx 'b/3.gif,3-9' "$tmp/p/mended.csv"
result $? 'to the label of that day'

# ---- faults of usage ----

check 'without a CSV' 2 '--check wants one CSV' fa-align --check
check 'two CSVs' 2 '--check wants one CSV' fa-align --check -c a.csv b.csv
check 'unknown form' 2 "-F: 'xml' is none of text, csv, json" fa-align --check a.csv -F xml
check '--mend without a file' 2 '--mend wants -o FILE' fa-align --check a.csv --mend
check 'its options without it' 2 '-l, --classes, --mend and -F go with --check' fa-align -l age a.jpg
check 'a CSV that is not there' 1 'none.csv: cannot open: No such file' fa-align --check "$tmp/none.csv"
check 'no column of paths' 1 'no column "path" (there are: file, age' within fa-align --check labels.csv -f path
check 'no column of that label' 1 'no column "sex"' within fa-align --check labels.csv -l age,sex
check 'a column wanted twice' 1 'column "age" is wanted twice' within fa-align --check labels.csv -l age,age
check 'a full disk' 1 'stdout: write: ' sh -c "fa-align --check '$tmp/p/good.csv' >/dev/full"

finish
