
	
xNoOp