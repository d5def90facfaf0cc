
6
xPlaceholder*$
shape:ÿÿÿÿÿÿÿÿÿ
+
wConst*
valueB
$
yConv2Dxw*
paddingSAME