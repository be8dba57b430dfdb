"""The checks: structure, fields, compiled releases, individual releases, whole publications, and over time."""
