#!/bin/sh
# Networks people use on faces in full size (tests/golden/make_nets.py) against ONNX Runtime. This takes minutes and 900 MB: it
# is done only where FA_NETS is the python of a venv that has torch, torchvision, onnx, onnxscript and onnxruntime, or a folder
# that make_nets.py --full has filled.
. tests/cli/lib.sh

[ -n "$FA_NETS" ] || skip_all "FA_NETS is not set: no full-size networks (make_nets.py makes them)"
nets=$FA_NETS
if [ ! -d "$nets" ]; then
    nets=$tmp/nets
    check "networks are made" 0 "" "$FA_NETS" tests/golden/make_nets.py --full "$nets"
fi
"${B:-build}/tests/test_net_conformance" "$tmp/told" "$nets" >"$out" 2>"$err"
result $? "networks are run"
while read -r name outcome; do
    [ "$outcome" = pass ] || echo "$name: $outcome" >"$err"
    [ "$outcome" = pass ]
    result $? "$name gives what ONNX Runtime gives"
done <"$tmp/told"
finish
