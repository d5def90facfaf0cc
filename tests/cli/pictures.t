#!/bin/sh
# Pictures that are malformed, gigantic, mislabelled or merely unusual (tests/cli/pictures.py makes them): each is a reject with
# its reason, or the crop that it ought to be.
. tests/cli/lib.sh

command -v python3 >/dev/null || skip_all "python3 is not installed"
mkdir "$tmp/p"
python3 tests/cli/pictures.py "$tmp/p" || exit 1

# The size that is told and the four pixels of a crop of 2x2: orange o, blue b, grey g of any kind, white w, red r, black 0.
cat >"$tmp/expected" <<'STOP'
bad_huffman.jpg       truncated or damaged: corrupt JPEG data: bad Huffman code
bmp.jpg               no readable picture (JPEG, PNG, GIF, WebP, TIFF or HEIF)
cmyk.jpg              16x8 obob
comment_bomb.jpg      16x8 obob
cut.gif               truncated or damaged: unexpected end of GIF source data
cut.jpg               truncated or damaged: premature end of input file
cut.png               truncated or damaged: libpng read error
cut.webp              truncated or damaged: unable to parse image
cut_header.jpg        truncated or damaged: premature end of input file
cycle_4x4.tif         4x4 gggg
deep.png              16x8 obob
depth_7.png           truncated or damaged: invalid bit depth in IHDR
empty.jpg             empty file
exif_cycle.jpg        16x8 bobo
exif_huge.jpg         8x16 oobb
exif_wild.jpg         16x8 obob
filter_9.png          truncated or damaged: libpng read error
flat.jpg              truncated or damaged: empty JPEG image (DNL not supported)
flat.png              truncated or damaged: image width is zero in IHDR
frames_2000.gif       2x1 rrrr
grey_4x4.tif          4x4 gggg
grey_alpha.png        16x8 gwgw
icc_bomb.png          16x8 obob
icc_broken.jpg        16x8 obob
icc_broken.png        16x8 obob
icc_parts.jpg         16x8 obob
interlaced.png        16x8 obob
jpeg_named.png        16x8 obob
large.gif             2x1 0000
large.tif             too large (30000x30000 pixels, limit 178956970; see --max-pixels)
large_2e9.png         truncated or damaged: image width exceeds user limit in IHDR
large_30000.jpg       too large (30000x30000 pixels, limit 178956970; see --max-pixels)
large_30000.png       too large (30000x30000 pixels, limit 178956970; see --max-pixels)
moving_2x1.gif        2x1 rrrr
msl.jpg               no readable picture (JPEG, PNG, GIF, WebP, TIFF or HEIF)
no_data.png           truncated or damaged: IEND: out of place
no_end.png            16x8 obob
no_tables.jpg         truncated or damaged: quantization table 0x00 was not defined
one.png               1x1 oooo
orientation_1.jpg     16x8 obob
orientation_2.jpg     16x8 bobo
orientation_3.jpg     16x8 bobo
orientation_4.jpg     16x8 obob
orientation_5.jpg     8x16 oobb
orientation_6.jpg     8x16 oobb
orientation_7.jpg     8x16 bboo
orientation_8.jpg     8x16 bboo
orientation_9.jpg     16x8 obob
page.html.jpg         no readable picture (JPEG, PNG, GIF, WebP, TIFF or HEIF)
palette.png           16x8 obob
palette_short.png     16x8 0000
pdf.jpg               no readable picture (JPEG, PNG, GIF, WebP, TIFF or HEIF)
plain.jpg             16x8 obob
plain.png             16x8 obob
plain.webp            16x8 obob
png_named.jpg         16x8 obob
pointer.jpg           no readable picture (JPEG, PNG, GIF, WebP, TIFF or HEIF)
precision_12.jpg      truncated or damaged: unsupported JPEG data precision 12
progressive.jpg       16x8 obob
progressive_cut.jpg   truncated or damaged: premature end of input file
script.jpg            no readable picture (JPEG, PNG, GIF, WebP, TIFF or HEIF)
short_data.png        truncated or damaged: libpng read error
start_only.jpg        truncated or damaged: premature end of input file
stray_bytes.jpg       16x8 obob
strip.tif             truncated or damaged: too large strip byte count 2147483647, strip 0.
svg.png               no readable picture (JPEG, PNG, GIF, WebP, TIFF or HEIF)
text.jpg              no readable picture (JPEG, PNG, GIF, WebP, TIFF or HEIF)
text_bomb.png         16x8 obob
text_giant.png        16x8 obob
text_many.png         16x8 obob
wrong_crc.png         truncated or damaged: libpng read error
wrong_crc_text.png    16x8 obob
zeros.png             no readable picture (JPEG, PNG, GIF, WebP, TIFF or HEIF)
STOP

# A line like those for each record
seen() {
    awk '{ match($0, /"id":"[^"]*"/); id = substr($0, RSTART + 6, RLENGTH - 7); sub(/.*\//, "", id)
        if (match($0, /"reject":"[^"]*"/)) { print id " " substr($0, RSTART + 10, RLENGTH - 11); next }
        match($0, /"width":[0-9]*,"height":[0-9]*/); size = substr($0, RSTART + 8, RLENGTH - 8); sub(/,"height":/, "x", size)
        match($0, /"values":\[[^]]*/); n = split(substr($0, RSTART + 10, RLENGTH - 10), v, ","); text = ""
        for (i = 1; i <= n; i += 3) {
            r = v[i]; g = v[i + 1]; b = v[i + 2]
            text = text (r > 190 && g > 100 && g < 140 && b < 80 ? "o" : r < 120 && g < 90 && b > 110 ? "b" : r > 250 && g < 5 ? "r" : \
                r > 235 && g == r ? "w" : r + g + b == 0 ? "0" : r == g && g == b ? "g" : "?")
        }
        print id " " size " " text }'
}
fa-align -q -P -d none --size 2 "$tmp/p" 2>"$err" >"$tmp/1.crop"
result $? "pictures of all kinds are read through"
fa-cat -q -F json --pixels "$tmp/1.crop" | seen >"$tmp/seen"
while read -r name what; do
    grep -F -e "$name " "$tmp/seen" >"$out"
    grep -qF -e "$name $what" "$out"
    result $? "$name: $what"
done <"$tmp/expected"
cut -d ' ' -f 1 "$tmp/expected" >"$tmp/want"
cut -d ' ' -f 1 "$tmp/seen" >"$tmp/got"
same "and no other" "$tmp/want" "$tmp/got"

fa-align -q -P -d none --size 2 -j 4 "$tmp/p" >"$tmp/4.crop"
cmp "$tmp/1.crop" "$tmp/4.crop" >"$out" 2>"$err"
result $? "with the same reasons for any number of threads"
fa-align -q -P -d none --size 2 --max-size 2 "$tmp/p" 2>"$err" | fa-cat -q -F json | sed -n 's/.*"reject":"\([^"]*\)".*/\1/p' >"$tmp/got"
# What libjpeg warns of in the last rows libvips does not tell, and an eighth of 64 rows are last rows.
fa-cat -q -F json "$tmp/1.crop" | sed -n '/bad Huffman code/!s/.*"reject":"\([^"]*\)".*/\1/p' >"$tmp/want"
same "and when they are read reduced" "$tmp/want" "$tmp/got"
finish
