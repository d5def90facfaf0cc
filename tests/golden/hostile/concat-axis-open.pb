
6
xPlaceholder*$
shape:ÿÿÿÿÿÿÿÿÿ

yConcatV2xxx