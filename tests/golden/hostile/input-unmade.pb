
6
xPlaceholder*$
shape:ÿÿÿÿÿÿÿÿÿ

yReluz