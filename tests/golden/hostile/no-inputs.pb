
6
xPlaceholder*$
shape:ÿÿÿÿÿÿÿÿÿ

yConv2Dx