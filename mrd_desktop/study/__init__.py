"""What is collected: definition, data types, expressions, checks, derivations, schedule."""
