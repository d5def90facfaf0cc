
6
xPlaceholder*$
shape:ÿÿÿÿÿÿÿÿÿ
&
yMaxPoolx*
data_formatNCHW