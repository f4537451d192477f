"""What is told to those who help: a file of counts, versions and verdicts, and of nothing else."""
