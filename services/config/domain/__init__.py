"""What is set, as pure values: rules, references and differences; no I/O."""
