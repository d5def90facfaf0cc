
6
xPlaceholder*$
shape:ÿÿÿÿÿÿÿÿÿ

aAddxb

bRelua

yRelub