"""The ledger: a Merkle log of the office's history, which nobody inside can change unseen."""
