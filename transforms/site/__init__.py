"""The pages that people read: plain HTML, without scripts or anything from elsewhere."""
