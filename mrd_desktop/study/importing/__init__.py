"""A study definition from somebody else's ODM file: tolerant in reading, strict in what it makes.

``xml_tree`` reads XML that may be hostile, ``source`` finds ODM and the habits of REDCap and
OpenClinica in it, ``assemble`` turns that into the written shape of a definition, ``proving`` takes
out what would not load, and ``importer`` puts them in order. What cannot be carried over is told
as a :class:`~mrd_desktop.study.importing.report.Remark`, never dropped in silence.
"""
