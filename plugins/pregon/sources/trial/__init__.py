"""Whether a city's sources can be read as declared, tried without extracting: `pregon source test`.

`city.try_sources` asks; `model` is what connectors may tell besides.
"""
