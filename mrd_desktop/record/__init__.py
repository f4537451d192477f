"""What was collected: form entry, projection, casebook, findings, queries, signatures."""
