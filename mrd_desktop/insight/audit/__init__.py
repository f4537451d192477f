"""The review of the audit trail: what is to be looked at, and the signed word that it was."""
