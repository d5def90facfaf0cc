
6
xPlaceholder*$
shape:ÿÿÿÿÿÿÿÿÿ
6
xPlaceholder*$
shape:ÿÿÿÿÿÿÿÿÿ

yRelux