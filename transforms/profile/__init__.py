"""What a source holds, told from its columns' names and values: pure rules, without reading anything.

`model` is the shape of a profile; `pregon.profiling` reads sources and fills it.
"""
