"""What happened: canonical bytes, records, chain and their verification. Knows no users."""
