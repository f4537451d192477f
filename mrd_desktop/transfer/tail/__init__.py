"""The missing end of the chain taken back from packages that this site made.

A package holds every header of its records, and the content that could leave. An older copy that
was put back takes both up again, as they are, before anything is written in their place: then the
chain here goes on from where the sponsor's copy ends. What no package holds (identities, what stays
at the site, what was withheld) is named as lost in ``restore.done``, and is entered again. Why it
is so stands in docs/decisions/0073-records-taken-back.md.
"""
