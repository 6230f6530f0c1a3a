"""Body formats that more than one part speaks. Pure, no I/O."""
