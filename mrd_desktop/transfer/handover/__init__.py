"""The hand-over file: what one computer of a site gives another one to see, and subjects with it.

It carries every chain of the site that the sender holds, from what the receiver is known to hold.
The receiver verifies all of it, stores it in one transaction and takes what was handed to it. Why
it is so stands in docs/decisions/0034-several-pcs.md, the bytes in docs/package.md.
"""
