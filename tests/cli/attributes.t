#!/bin/sh
# fa-embed with a network whose output already is the attributes: logits come out, which fa-confusion reads.
. tests/cli/lib.sh

mk() { "${B:-build}/tests/mkstream"; }
net=tests/golden/nets/resnet34-attributes/model.onnx
card=fairface-resnet34

mk >"$tmp/two.crop" <<'STOP'
crop|32|32|3
set|template|whole
record|a.jpg
label|gender|Male
label|age|3-9
data|200|10|90|128
record|b.jpg
label|gender|Female
data|30
record|c.jpg
reject|no face
end
STOP

embed() {
    fa-embed -P --weights "$net" --set 'input = 32x32 rgb nchw' --set 'crop = whole' "$@" "$tmp/two.crop"
}

check "a network of attributes is run" 0 "3 faces, 1 rejected" embed -m $card -o "$tmp/two.logit"
fa-cat -q -H "$tmp/two.logit" >"$out" 2>"$err"
grep -q '"\?logit"\?' "$out" && grep -q 'Latino_Hispanic' "$out" && grep -q 'more than 70' "$out"
result $? "... and makes logits of the card's heads"
check "fa-confusion counts them" 0 "" fa-confusion -q -l gender "$tmp/two.logit"
grep -q Female "$out"
result $? "... by the card's classes"

grep -v '^head' pipelines/models/$card.card >"$tmp/plain.card"
embed -q -m "$tmp/plain.card" -o "$tmp/two.emb"
check "without heads the same network makes vectors" 0 "" fa-cat -q -F npy -o "$tmp/vectors.npy" "$tmp/two.emb"
check "both are numbers to other programs" 0 "" fa-cat -q -F npy -o "$tmp/logits.npy" "$tmp/two.logit"
same "... the same ones" "$tmp/vectors.npy" "$tmp/logits.npy"
check "which are no logits" 1 "embedding stream, want logit" fa-confusion -p "$tmp/two.emb"
embed -q -m "$tmp/plain.card" --set 'feature = output log' | fa-cat -q -F json >"$out"
[ "$(grep -c -e '-87\.33' "$out")" = 2 ]
result $? "probabilities become logits by their logarithm, that of nothing a finite one"

check "heads that are not the network's numbers are refused" 1 \
    "fairface-resnet34: heads have 2 classes in all, the network gives 18 numbers" embed -m $card --set 'head = gender Male, Female'
check "a head wants classes" 1 "'head = gender Male': head: 'gender Male' (want 'NAME CLASS, CLASS, ...')" \
    embed -m $card --set 'head = gender Male'
check "a class stands once" 1 "head: class 'a' stands twice" embed -m $card --set 'head = x a, b, a'
check "so does a head" 1 "head: 'x' stands twice" embed -m $card --set 'head = x a, b' --set 'head = x c, d'

finish
