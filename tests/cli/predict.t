#!/bin/sh
# fa-predict: what it carries along, that nothing but the model counts, and what it refuses.
. tests/cli/lib.sh

python=/usr/bin/python3
"$python" -c 'import msgpack' 2>/dev/null || skip_all "python3-msgpack is not installed"

# faces NAME OPTION...: $tmp/NAME.emb
faces() {
    name=$1
    shift
    "$python" tests/cli/mixture.py "$@" >"$tmp/$name.emb"
}

# show FILE: the records of a logit stream as text
show() {
    "$python" -c 'import msgpack, sys
for item in msgpack.Unpacker(open(sys.argv[1], "rb")):
    if item[0] == 0:
        print(item[4], item[5]["shape"], [head["name"] for head in item[5]["heads"]], item[5]["card"], len(item[5]["model"]),
              [entry[0] for entry in item[5].get("prog", [])])
    elif item[0] == 1:
        print(item[1], item[2], item[3], len(item[4]))
    else:
        print(item[1], item[2])' "$1"
}

faces train rows=400
faces test rows=5 seed=2 reject=3
fa-train -q -o "$tmp/head.fam" "$tmp/train.emb"

# ---- what comes out ----

check "predicts" 0 "fa-predict: 5 faces, 2 rejected" fa-predict -m "$tmp/head.fam" -o "$tmp/test.logit" "$tmp/test.emb"
cat >"$tmp/want" <<'END'
logit [10] ['age', 'gender', 'race'] test 16 ['fa-predict']
2-00000.jpg {'age': '0-2', 'gender': 'Female', 'race': 'Black', 'service_test': 'True'} {'score': 0.5} 40
2-00001.jpg {'age': 'more than 70', 'gender': 'Female', 'race': 'East Asian', 'service_test': 'True'} {'reject': 'no face found'} 0
2-00002.jpg {'age': '10-19', 'gender': 'Male', 'race': 'White', 'service_test': 'True'} {'score': 0.5} 40
2-00003.jpg {'age': '0-2', 'gender': 'Female', 'race': 'Black', 'service_test': 'False'} {'score': 0.5} 40
2-00004.jpg {'age': '0-2', 'gender': 'Male', 'race': 'Black', 'service_test': 'True'} {'reject': 'no face found'} 0
5 2
END
show "$tmp/test.logit" >"$tmp/have"
same "labels, about and rejects are carried along" "$tmp/want" "$tmp/have"

fa-predict -q -P -m "$tmp/head.fam" <"$tmp/test.emb" >"$tmp/bare.logit"
show "$tmp/bare.logit" >"$out"
grep -q "16 \[\]" "$out"
result $? "-P leaves provenance out"

faces many rows=1000 seed=3 reject=7
fa-predict -q -P -j 1 -m "$tmp/head.fam" "$tmp/many.emb" >"$tmp/1.logit"
fa-predict -q -P -j 4 -m "$tmp/head.fam" "$tmp/many.emb" >"$tmp/4.logit"
cmp -s "$tmp/1.logit" "$tmp/4.logit"
result $? "-j does not change a byte"

faces permuted rows=1000 seed=3 reject=7 order=4
for name in many permuted; do
    fa-predict -q -m "$tmp/head.fam" "$tmp/$name.emb" | fa-confusion -q -l age >"$tmp/$name.csv"
done
[ -s "$tmp/many.csv" ]
result $? "there is a table"
same "the order of the records does not change it" "$tmp/many.csv" "$tmp/permuted.csv"

# ---- copies ----

cat >"$tmp/copies.py" <<'END'
import math, msgpack, struct, sys
sys.path.insert(0, "tests/cli")
import fastream

def records(path):
    return [item for item in msgpack.Unpacker(open(path, "rb")) if item[0] == 1]

def softmax(values):
    total = sum(math.exp(v) for v in values)
    return [math.exp(v) / total for v in values]

if sys.argv[1] == "make":
    items = list(msgpack.Unpacker(open(sys.argv[2], "rb")))
    rows = [item for item in items if item[0] == 1]
    data, none = rows[0][4], [1, "r", {}, {"reject": "no face found"}, b""]
    names = ["a", "a~1", "a~2", "b", "b~x", "b~", "c~1", "d#2", "d#2~1", "e", "f", "e~1", "g", "h~1"]
    out = [[1, name, {"age": "0-2" if "~" in name else "3-9"}, {"n": i}, rows[i % 3 * 2 if i % 3 != 2 else 3][4] or data]
           for i, name in enumerate(names)]
    out += [none, [1, "r~1", {}, {}, data], [1, "s", {}, {}, data], [1, "s~1", {}, {"reject": "no face found"}, b""]]
    fastream.write(items[0], out)
else:
    apart, averaged = ({item[1]: item for item in records(path)} for path in sys.argv[2:4])
    assert list(averaged) == ["a", "b", "b~x", "b~", "c~1", "d#2", "e", "f", "e~1", "g", "h~1", "r", "r~1", "s", "s~1"], list(averaged)
    groups = {"a": ["a", "a~1", "a~2"], "d#2": ["d#2", "d#2~1"]}
    for name, item in averaged.items():
        if name not in groups:
            assert item == apart[name], name
            continue
        assert item[:4] == apart[name][:4], item[:4]
        have = struct.unpack("<10f", item[4])
        each = [struct.unpack("<10f", apart[copy][4]) for copy in groups[name]]
        assert len(set(each)) == len(each)
        for begin, end in (0, 5), (5, 7), (7, 10):
            mean = [sum(p) / len(each) for p in zip(*(softmax(row[begin:end]) for row in each))]
            assert all(abs(h - math.log(m)) < 1e-5 for h, m in zip(have[begin:end], mean)), (name, have, mean)
END
"$python" "$tmp/copies.py" make "$tmp/many.emb" >"$tmp/copies.emb"
fa-predict -q -P --no-average -m "$tmp/head.fam" "$tmp/copies.emb" >"$tmp/apart.logit"
check "copies of a face become one" 0 "fa-predict: 15 faces, 2 rejected" \
    fa-predict -P -m "$tmp/head.fam" -o "$tmp/averaged.logit" "$tmp/copies.emb"
check "the logarithm of the mean of their probabilities, if they are neighbours" 0 "" \
    "$python" "$tmp/copies.py" test "$tmp/apart.logit" "$tmp/averaged.logit"
fa-predict -q -P --no-average -m "$tmp/head.fam" "$tmp/many.emb" >"$tmp/4.logit"
cmp -s "$tmp/1.logit" "$tmp/4.logit"
result $? "without copies nothing changes"
"$python" tests/cli/mixture.py rows=300 seed=4 copies=2 >"$tmp/flips.emb"
fa-predict -q -P -j 1 -m "$tmp/head.fam" "$tmp/flips.emb" >"$tmp/1.logit"
fa-predict -q -P -j 3 -m "$tmp/head.fam" "$tmp/flips.emb" >"$tmp/3.logit"
[ "$(fa-cat -q -F json "$tmp/1.logit" | wc -l)" = 100 ] && cmp -s "$tmp/1.logit" "$tmp/3.logit"
result $? "across batches too, and -j does not change a byte"

faces single rows=200
faces double rows=400 copies=1
for name in single double; do
    fa-train --epochs 1 -o "$tmp/x.fam" "$tmp/$name.emb" 2>&1 | sed -n 's/.* on, \([0-9]*\) held out.*/\1/p' >"$tmp/$name.held"
done
[ "$(cat "$tmp/single.held")" -gt 5 ] && [ "$(cat "$tmp/double.held")" = $((2 * $(cat "$tmp/single.held"))) ]
result $? "fa-train holds a face out with its copy"
faces five rows=1000 copies=4
[ "$(fa-train --epochs 1 -o "$tmp/x.fam" "$tmp/five.emb" 2>&1 | sed -n 's/.* on, \([0-9]*\) held out.*/\1/p')" = \
    $((5 * $(cat "$tmp/single.held"))) ]
result $? "and with four"
check "which are averaged with it" 0 "fa-predict: 200 faces" fa-predict -m "$tmp/x.fam" -o "$tmp/x" "$tmp/five.emb"

# ---- vectors of two networks ----

faces left rows=300 card=left
faces right rows=300 card=right digest=00000000000000bb dim=8 order=3 features=tap
faces other rows=20 card=other dim=8
fa-cat -q --join "$tmp/left.emb" "$tmp/right.emb" >"$tmp/both.emb"
fa-train -q -o "$tmp/both.fam" "$tmp/both.emb"
check "a model of two networks" 0 "300 faces, 0 rejected" fa-predict -m "$tmp/both.fam" -o "$tmp/both.logit" "$tmp/both.emb"
fa-cat "$tmp/both.fam" >"$out"
grep -q 'left+right' "$out"
result $? "knows both"
fa-cat -q --join "$tmp/right.emb" "$tmp/left.emb" >"$tmp/x.emb"
check "the other way round" 1 "embeddings of card right+left, model learned from card left+right" \
    fa-predict -m "$tmp/both.fam" "$tmp/x.emb"
fa-cat -q --join "$tmp/left.emb" "$tmp/other.emb" >"$tmp/x.emb"
check "another of the two" 1 "embeddings of card left+other, model learned from card left+right" \
    fa-predict -m "$tmp/both.fam" "$tmp/x.emb"
check "one of the two" 1 "embeddings of card left, model learned from card left+right" \
    fa-predict -m "$tmp/both.fam" "$tmp/left.emb"

# ---- refusals ----

faces card rows=5 card=other
check "another card" 1 "fa-predict: embeddings of card other, model learned from card test" \
    fa-predict -m "$tmp/head.fam" "$tmp/card.emb"
faces digest rows=5 digest=00000000000000bb
check "weights of another digest" 1 "embeddings of weights digest 00000000000000bb, model learned from weights digest 00000000000000aa" \
    fa-predict -m "$tmp/head.fam" "$tmp/digest.emb"
faces features rows=5 features=out,tap
check "other features" 1 "embeddings of features out, tap, model learned from features out" \
    fa-predict -m "$tmp/head.fam" "$tmp/features.emb"
faces dim rows=5 dim=25
check "another dimension" 1 "embeddings of dimension 25, model learned from dimension 24" \
    fa-predict -m "$tmp/head.fam" "$tmp/dim.emb"
check "no file" 1 "nowhere.fam: No such file" fa-predict -m "$tmp/nowhere.fam" "$tmp/test.emb"
check "a stream for a model" 1 "test.emb: embedding stream, want a model (fa-train makes one)" \
    fa-predict -m "$tmp/test.emb" "$tmp/test.emb"
check "something else for a model" 1 "predict.t: not a model (fa-train makes one)" fa-predict -m "$0" "$tmp/test.emb"
head -c 3000 "$tmp/head.fam" >"$tmp/cut.fam"
check "half a model" 1 "cut.fam: cut short or malformed (3000 bytes do not hold the weights of" fa-predict -m "$tmp/cut.fam" "$tmp/test.emb"
head -c 30000 "$tmp/head.fam" >"$tmp/cut.fam"
check "most of a model" 1 "cut.fam: model ended early (after 30000 bytes)" fa-predict -m "$tmp/cut.fam" "$tmp/test.emb"
check "the wrong kind" 1 "logit stream, want embedding" fa-predict -m "$tmp/head.fam" "$tmp/test.logit"
check "no input" 1 "empty input, want a fa stream" fa-predict -m "$tmp/head.fam"
check "an id twice" 1 "this id was met before" fa-predict -m "$tmp/head.fam" "$tmp/test.emb" "$tmp/test.emb"
head -c 700 "$tmp/test.emb" >"$tmp/cut.emb"
check "a cut stream" 1 "stream ended early after record 3" fa-predict -m "$tmp/head.fam" "$tmp/cut.emb"
check "a full disk" 1 "/dev/full: write: No space left on device" fa-predict -m "$tmp/head.fam" -o /dev/full "$tmp/many.emb"
faces rejects rows=6 reject=2
"$python" - "$tmp" <<'END'
import ctypes, ctypes.util, msgpack, sys
hash = ctypes.CDLL(ctypes.util.find_library("xxhash")).XXH3_64bits
hash.restype, hash.argtypes = ctypes.c_uint64, [ctypes.c_char_p, ctypes.c_size_t]
items = [item for item in msgpack.Unpacker(open(sys.argv[1] + "/rejects.emb", "rb")) if item[0] == 0 or item[0] == 1 and not item[4]]
body = b"".join(msgpack.packb(item) for item in items)
open(sys.argv[1] + "/rejects.emb", "wb").write(body + msgpack.packb([2, 3, 3, hash(body, len(body))]))
END
check "nothing but rejects" 1 "3 faces, 3 rejected" fa-predict -m "$tmp/head.fam" -o "$tmp/rejects.logit" "$tmp/rejects.emb"
check "which fa-train cannot use" 1 "nothing to train on (3 records, all of them rejects)" fa-train "$tmp/rejects.emb"

finish
