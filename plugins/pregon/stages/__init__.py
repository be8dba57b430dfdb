"""The work of the stages that `pregon.pipeline` puts in order."""
