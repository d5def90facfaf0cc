
6
xPlaceholder*$
shape:ÿÿÿÿÿÿÿÿÿ

y
Frobnicatex