"""Running the Pulumi engine on a stack: its program and folder, its result, the plan gate, what interrupts it."""
